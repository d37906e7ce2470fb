// What the suite looks at is looked at by our own tests, too: `conditions.tsv` is the list of every condition that it
// named (`run.mjs --conditions`), `coverage.tsv` says of each which test of ours covers it.
//
// A row of coverage.tsv is: module (`*` for any), condition, test, reason. The test is `file::name` from the root of the
// repository, or `suite` where the condition is a step or a self-test of the suite. The first row that fits counts.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

const HERE = import.meta.dirname;
const ROOT = join(HERE, "..");

async function rows(file, columns) {
  const lines = (await readFile(join(HERE, file), "utf8")).split("\n").filter((line) => line && !line.startsWith("#"));
  return lines.map((line) => {
    const cells = line.split("\t");
    assert.equal(cells.length, columns, `${file}: ${line}`);
    return cells;
  });
}

const conditions = await rows("conditions.tsv", 2);
const coverage = await rows("coverage.tsv", 4);

test("every condition of the suite is covered by a test of ours, or says why not", () => {
  const known = new Set(coverage.map(([module, condition]) => `${module}\t${condition}`));
  const open = conditions.filter(
    ([module, condition]) => !known.has(`${module}\t${condition}`) && !known.has(`*\t${condition}`),
  );
  assert.deepEqual(open, []);
});

test("no row covers what the suite never named, or covers it twice", () => {
  const named = new Set(conditions.flatMap(([module, condition]) => [`${module}\t${condition}`, `*\t${condition}`]));
  const seen = new Set();
  for (const [module, condition] of coverage) {
    const row = `${module}\t${condition}`;
    assert.ok(named.has(row), `the suite named no ${row}`);
    assert.ok(!seen.has(row), `twice: ${row}`);
    seen.add(row);
  }
});

test("every test that is named exists, and what only the suite covers has a reason", async () => {
  const files = new Map();
  for (const [module, condition, covered, reason] of coverage) {
    if (covered === "suite") {
      assert.ok(reason.length > 10, `no reason: ${module} ${condition}`);
      continue;
    }
    const [file, name] = covered.split("::");
    if (!files.has(file)) files.set(file, await readFile(join(ROOT, file), "utf8"));
    const test = new RegExp(`fn ${name}\\b`);
    assert.ok(name && test.test(files.get(file)), `no such test: ${covered} (${module} ${condition})`);
  }
});
