// Puts the page's scripts and styles where the Python service serves them. No bundler: five files are few enough.
import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "whisperengine", "static");

const files = {
  "src/chat.js": "chat.js",
  "src/style.css": "style.css",
  "node_modules/backbone/backbone-min.js": "vendor/backbone-min.js",
  "node_modules/moment/min/moment.min.js": "vendor/moment.min.js",
  "node_modules/underscore/underscore-umd-min.js": "vendor/underscore-umd-min.js",
};

for (const [from, to] of Object.entries(files)) {
  mkdirSync(dirname(join(target, to)), { recursive: true });
  copyFileSync(join(here, from), join(target, to));
  console.log(`${from} → ${to}`);
}
