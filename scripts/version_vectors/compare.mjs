// npm: node-semver. Asks as all the programs here do: reads lines "A B", writes the tool's name and version, then one
// line for each: "<", "=", ">", or "?" where the tool takes one of the two for no version. Argument: node-semver's folder.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const semver = require(process.argv[2]);
console.log(`node-semver ${require(process.argv[2] + "/package.json").version}`);
for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const [a, b] = line.split(" ");
  console.log(semver.valid(a) && semver.valid(b) ? { "-1": "<", 0: "=", 1: ">" }[semver.compare(a, b)] : "?");
}
