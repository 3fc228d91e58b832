-- The log_kit rock.
local name, revision = "log_kit", "1"
package = name
version = "0.3-" .. revision
source = { url = "git+https://git.example/team/log_kit", tag = "v0.3" }
description = {
   summary = "The log_kit rock", detailed = [[
      Long = "text"
   ]],
   homepage = "https://log_kit.example", license = "MIT/X11", maintainer = 'Jane Doe <jane@mail.example>',
}
dependencies = { "lua >= 5.1, < 5.5", "say_kit ~> 1.4" }
build = { type = "builtin", modules = { ["log_kit"] = "log_kit.lua" } }
