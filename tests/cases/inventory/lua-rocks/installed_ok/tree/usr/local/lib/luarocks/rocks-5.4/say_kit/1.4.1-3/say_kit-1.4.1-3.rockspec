-- The say_kit rock.
local name, revision = "say_kit", "3"
package = name
version = "1.4.1-" .. revision
source = { url = "https://rocks.example/say.tar.gz", tag = "v1.4.1" }
description = {
   summary = "The say_kit rock", detailed = [[
      Long = "text"
   ]],
   homepage = "https://say_kit.example", license = "MIT/X11", maintainer = 'Jane Doe <jane@mail.example>',
}
dependencies = { "lua >= 5.1" }
build = { type = "builtin", modules = { ["say_kit"] = "say_kit.lua" } }
