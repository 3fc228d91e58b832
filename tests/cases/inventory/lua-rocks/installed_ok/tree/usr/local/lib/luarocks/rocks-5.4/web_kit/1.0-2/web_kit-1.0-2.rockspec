-- The web_kit rock.
local name, revision = "web_kit", "2"
package = name
version = "1.0-" .. revision
source = { url = "git://git.example/team/web_kit", tag = "v1.0" }
description = {
   summary = "The web_kit rock", detailed = [[
      Long = "text"
   ]],
   homepage = "https://web_kit.example", license = "MIT/X11", maintainer = 'Jane Doe <jane@mail.example>',
}
dependencies = { "log_kit >= 0.3-1", "say_kit == 2.0.0-1" }
build = { type = "builtin", modules = { ["web_kit"] = "web_kit.lua" } }
