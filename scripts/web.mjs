// The work of scripts/web: types out, module names from .ts to .js.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";

const FOLDER = "labeler/web";
const check = process.argv.includes("--check");

function built(source) {
  const stripped = stripTypeScriptTypes(source, { mode: "strip" });
  const lines = stripped
    .replace(/(from\s+"\.\/[\w-]+)\.ts"/g, '$1.js"')
    .split("\n")
    .map((line) => line.trimEnd());
  return lines.join("\n");
}

const names = readdirSync(FOLDER);
const expected = new Map(
  names
    .filter((name) => name.endsWith(".ts"))
    .map((name) => [name.replace(/\.ts$/, ".js"), built(readFileSync(`${FOLDER}/${name}`, "utf8"))]),
);
const stale = names.filter((name) => name.endsWith(".js") && !expected.has(name));
for (const [name, text] of expected) {
  const path = `${FOLDER}/${name}`;
  const found = names.includes(name) ? readFileSync(path, "utf8") : null;
  if (found === text) continue;
  stale.push(name);
  if (!check) writeFileSync(path, text);
}
if (check && stale.length > 0) {
  console.error(`scripts/web: not what their sources say: ${stale.join(", ")}\nRun scripts/web and commit the result.`);
  process.exit(1);
}
