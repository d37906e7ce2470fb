// What counts as accepted, and what is wrong with a run: each refusal beside the case that one change makes right.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { parseAccepted, wrongWith } from "./accepted.mjs";
import { labelOf, picturesOf } from "./configuration.mjs";

const REVIEW = { plan: "p", module: "m", responseType: "code", result: "REVIEW", reason: "a picture" };
const run = (change) => ({ plan: "p", module: "m", responseType: "code", result: "PASSED", ...change });

test("a table stands for every combination of its plans, modules and response types", () => {
  const text = `
# A comment.
[[accepted]]
plans = ["a", "b"]
modules = [
  "m",
  "n",
]
response_types = ["code", "code token"]
result = "REVIEW"
reason = "a picture"
`;
  const entries = parseAccepted(text);
  assert.equal(entries.length, 8);
  assert.deepEqual(entries.at(-1), { ...REVIEW, plan: "b", module: "n", responseType: "code token" });
});

test("a table without a reason, with a word of its own, or beside a table is refused", () => {
  const whole = `[[accepted]]\nplans = ["a"]\nmodules = ["m"]\nresponse_types = ["code"]\nresult = "REVIEW"\nreason = "x"\n`;
  assert.equal(parseAccepted(whole).length, 1);
  assert.throws(() => parseAccepted(whole.replace('reason = "x"', "")), /line 1: without reason/);
  assert.throws(() => parseAccepted(whole.replace('"x"', '" "')), /empty reason/);
  assert.throws(() => parseAccepted(`${whole}until = "2030"\n`), /line 7: not understood/);
  assert.throws(() => parseAccepted(whole.replace("[[accepted]]", "")), /line 2: not understood/);
});

test("passed is clean, and an accepted result that occurs is clean", () => {
  assert.deepEqual(wrongWith([run()], []), []);
  assert.deepEqual(wrongWith([run({ result: "REVIEW" })], [REVIEW]), []);
});

test("a result that nobody accepted is wrong, and says which condition failed", () => {
  const warned = run({ result: "WARNING", condition: "EnsureX: no" });
  assert.deepEqual(wrongWith([warned], []), ["p m (code): WARNING: EnsureX: no"]);
});

test("an accepted result is wrong where another one occurred, a better one, too", () => {
  assert.match(wrongWith([run()], [REVIEW])[0], /PASSED, while accepted.toml expects REVIEW/);
  assert.match(wrongWith([run({ result: "FAILED" })], [REVIEW])[0], /FAILED, while/);
});

test("an accepted result that did not occur is wrong, unless its plan was not run", () => {
  const other = { ...REVIEW, module: "n" };
  assert.deepEqual(wrongWith([run()], [other]), ["p n (code): accepted, but it did not occur"]);
  assert.deepEqual(wrongWith([run()], [{ ...other, plan: "q" }]), []);
});

test("another response type is another entry", () => {
  const reviewed = run({ result: "REVIEW", responseType: "code token" });
  assert.equal(wrongWith([reviewed], [REVIEW]).length, 2);
});

test("what the driver itself found wrong is wrong even where the result is accepted", () => {
  const faulty = run({ result: "REVIEW", fault: "the page does not say so" });
  assert.deepEqual(wrongWith([faulty], [REVIEW]), ["p m (code): REVIEW: the page does not say so"]);
});

test("an entry that stands twice is wrong", () => {
  assert.deepEqual(wrongWith([run({ result: "REVIEW" })], [REVIEW, REVIEW]), ["accepted.toml names p m (code) twice"]);
});

test("accepted.toml names plans of plans.json only, modules with a picture only, and fifty certification runs", async () => {
  const here = (name) => readFile(join(import.meta.dirname, name), "utf8");
  const entries = parseAccepted(await here("accepted.toml"));
  const { groups } = JSON.parse(await here("plans.json"));
  const pictures = JSON.parse(await here("pictures.json"));
  const plans = new Map(groups.flatMap((group) => group.plans.map((plan) => [labelOf(group, plan), plan])));
  for (const entry of entries) {
    assert.ok(plans.has(entry.plan), entry.plan);
    const wanted = entry.module in picturesOf(plans.get(entry.plan), pictures);
    assert.equal(wanted, entry.result === "REVIEW", entry.module);
    if (!entry.plan.startsWith("gsp/")) assert.equal(entry.result, "REVIEW");
  }
  const keys = entries.map((entry) => `${entry.plan} ${entry.module} ${entry.responseType}`);
  assert.equal(new Set(keys).size, keys.length);
  assert.equal(entries.filter((entry) => entry.plan.startsWith("certification/")).length, 50);
});
