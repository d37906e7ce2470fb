// Runs the tests with relying parties, in one process against one provider. Started by tests/parties/run, which sees to
// what they need.

import assert from "node:assert/strict";
import { test } from "node:test";

import { removeWorld, startWorld, stopWorld } from "./world.mjs";

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
try {
  await startWorld();
} catch (error) {
  await removeWorld();
  throw error;
}
await import("./parties.test.mjs");
const { closeBrowser } = await import("./person.mjs");

test("the provider stops when it is told to, and its log holds no secret", async () => {
  await closeBrowser();
  assert.deepEqual(await stopWorld(), []);
});
