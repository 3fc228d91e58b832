rockspec_format = "3.0"
package = "chat"
version = "scm-1"
source = { url = "git+ssh://git@git.example/team/chat.git", branch = "main" }
description = { license = "Apache-2.0" }
dependencies = {
   "lua >= 5.1",
   "say_kit ~> 1.4",
   "hisham/log_kit",
   platforms = { windows = { "win_kit" } },
}
build_dependencies = { "build_kit" }
test_dependencies = { 'busted_kit >= 2.0' }
build = { type = "none" }
