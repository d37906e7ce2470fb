// Runs the browser tests: all *.test.mjs beside this file, or those named (`run.mjs journeys`), in one process against
// one demo. Started by tests/run, which builds the binary and installs the browser.

import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { test } from "node:test";

import { closeBrowser } from "./browser.mjs";
import { endTrouble } from "./trouble.mjs";
import { removeWorld, startWorld, stopWorld } from "./world.mjs";

const wanted = process.argv.slice(2);
const names = (await readdir(import.meta.dirname))
  .filter((name) => name.endsWith(".test.mjs"))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  .sort();
if (names.length === 0) throw new Error(`no test file is named ${wanted.join(" or ")}`);

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
try {
  await startWorld();
} catch (error) {
  await removeWorld();
  throw error;
}
for (const name of names) await import(`./${name}`);

test("the demo stops when it is told to, and its log holds no secret", async () => {
  await closeBrowser();
  assert.deepEqual([...(await endTrouble()), ...(await stopWorld())], []);
});
