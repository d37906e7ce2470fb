// The table and the text of RESULTS.md: every number is counted from the runs.

import assert from "node:assert/strict";
import { test } from "node:test";

import { conditionList, counts, resultsText, runTable, sum } from "./table.mjs";

const run = (plan, module, result, condition) => ({ plan, module, responseType: "code", result, condition });
const RUNS = [
  run("g/one", "m", "PASSED"),
  run("g/one", "n", "REVIEW", "ExpectPage: a picture"),
  run("g/two", "m", "FAILED", "EnsureX: no"),
];

test("each plan has a row, and the sum is the sum of the rows", () => {
  const rows = counts(["g/one", "g/two"], RUNS);
  assert.deepEqual(
    rows.map((row) => [row.plan, row.runs, row.PASSED, row.REVIEW, row.FAILED]),
    [
      ["g/one", 2, 1, 1, 0],
      ["g/two", 1, 0, 0, 1],
    ],
  );
  assert.deepEqual(sum(rows), {
    plan: "Sum", runs: 3, PASSED: 1, REVIEW: 1, SKIPPED: 0, WARNING: 0, FAILED: 1, INTERRUPTED: 0,
  });
});

test("the table has module, result and the first failing condition, or the driver's own fault", () => {
  const lines = runTable([...RUNS, { ...run("g/two", "n", "INTERRUPTED"), fault: "no end after 240 s" }]).split("\n");
  assert.equal(lines[0], "g/one  m (code)  PASSED");
  assert.equal(lines[2], "g/two  m (code)  FAILED       EnsureX: no");
  assert.equal(lines[3], "g/two  n (code)  INTERRUPTED  no end after 240 s");
});

function text(change = {}) {
  return resultsText({
    date: "2026-01-02",
    commit: "abc",
    suite: { version: "1.2.3", revision: "def" },
    providers: ["https://op.example", "https://gsp.example"],
    seconds: 61,
    atOnce: 6,
    groups: [{ title: "All of them", differences: ["PKCE is waived."], plans: ["g/one", "g/two"] }],
    runs: RUNS,
    wrong: ["g/two m (code): FAILED: EnsureX: no"],
    accepted: [{ plan: "g/one", module: "n", responseType: "code", result: "REVIEW", reason: "a picture" }],
    planIds: [{ plan: "g/one", planName: "one-plan", id: "ID1" }, { plan: "g/two", planName: "two-plan", id: "ID2" }],
    exports: new Map([["g/one", "00ff"]]),
    ...change,
  });
}

test("RESULTS.md names suite, commit, date, plans, seconds, digests and differences", () => {
  const lines = text().split("\n");
  for (const line of [
    "- Suite: 1.2.3, commit def",
    "- Fuxin: commit abc",
    "- Date: 2026-01-02",
    "- Issuer: https://op.example, https://gsp.example",
    "- Time: 61 s, 6 modules at once",
    "- PKCE is waived.",
    "| plan | runs | PASSED | REVIEW | SKIPPED | WARNING | FAILED | INTERRUPTED |",
    "| g/one | 2 | 1 | 1 | 0 | 0 | 0 | 0 |",
    "| Sum | 3 | 1 | 1 | 0 | 0 | 1 | 0 |",
    "| g/one | one-plan | ID1 | 00ff |",
    "| g/two | two-plan | ID2 | not exported |",
    "| 1 | REVIEW | a picture |",
  ]) {
    assert.ok(lines.includes(line), line);
  }
});

test("RESULTS.md says that a run is not clean, and is silent about it where it is", () => {
  assert.match(text(), /not clean: 1 unexpected/);
  assert.match(text(), /## What is wrong\n\n- g\/two m/);
  const clean = text({ wrong: [], runs: RUNS.slice(0, 2) });
  assert.match(clean, /Verdict: clean: 1 passed, 1 accepted of 1/);
  assert.doesNotMatch(clean, /What is wrong/);
});

test("the list of conditions has each pair of module and condition once", () => {
  const runs = [
    { module: "n", conditions: new Set(["B", "A"]) },
    { module: "m", conditions: new Set(["A"]) },
    { module: "n", conditions: new Set(["A"]) },
    { module: "o" },
  ];
  assert.equal(conditionList(runs), "m\tA\nn\tA\nn\tB\n");
});
