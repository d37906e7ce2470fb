// The plans, what the suite is told of the provider, and the order in which modules run.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { alias, configuration, labelOf, picturesOf } from "./configuration.mjs";
import { conditionsOf, firstFailing } from "./module.mjs";
import { schedule } from "./schedule.mjs";

const data = async (name) => JSON.parse(await readFile(join(import.meta.dirname, name), "utf8"));
const { groups } = await data("plans.json");
const pictures = await data("pictures.json");
const WORLD = {
  suite: "https://suite.example:8443",
  provider: "https://op.example",
  account: "alice",
  password: "secret",
  initialAccessToken: "token",
  pictures,
};

function* all() {
  for (const group of groups) for (const plan of group.plans) yield { group, plan, label: labelOf(group, plan) };
}

function configured({ group, plan, label }, change = {}) {
  const clients = { [label]: { client: { client_id: "1" }, client2: { client_id: "2" } } };
  return configuration(group, plan, { ...WORLD, clients, ...change });
}

test("the certification group has the thirteen plans with 439 runs", () => {
  const { plans } = groups.find((group) => group.name === "certification");
  assert.equal(plans.length, 13);
  assert.equal(new Set(plans.map((plan) => plan.plan)).size, 13);
  assert.equal(plans.reduce((so_far, plan) => so_far + plan.runs, 0), 439);
});

test("every plan has a name and an alias of its own", () => {
  const labels = [...all()].map(({ label }) => label);
  assert.equal(new Set(labels).size, labels.length);
  assert.equal(new Set(labels.map(alias)).size, labels.length);
});

test("no configuration skips a test or allows metadata that the suite does not know", () => {
  for (const one of all()) {
    assert.doesNotMatch(JSON.stringify(configured(one)), /skip_test|allow_unexpected_metadata_fields/, one.label);
  }
});

test("a plan with dynamic clients carries the token and no alias; one with static clients the other way round", () => {
  for (const one of all()) {
    const config = configured(one);
    const isStatic = one.plan.variant.client_registration === "static_client";
    assert.equal(config.alias, isStatic ? alias(one.label) : undefined, one.label);
    assert.equal(config.client.initial_access_token, isStatic ? undefined : "token", one.label);
    assert.equal(config.client.client_id, isStatic ? "1" : undefined, one.label);
  }
});

test("a plan with static clients that the file of clients does not have is refused", () => {
  const one = [...all()].find(({ label }) => label === "static/basic");
  assert.throws(() => configured(one, { clients: {} }), /static\/basic needs static clients/);
});

test("a module whose picture is wanted has no script, nor has a plan that runs in Chromium", () => {
  for (const one of all()) {
    const { browser, override } = configured(one);
    assert.equal(browser.length === 0, one.plan.browser === "chromium", one.label);
    for (const module of Object.keys(picturesOf(one.plan, pictures))) assert.deepEqual(override[module], { browser: [] });
  }
});

test("the scripts match addresses from their beginning, so that a redirect URI in a query matches nothing", () => {
  const { browser } = configured([...all()][0]);
  for (const { match } of browser) assert.match(match, /^https:\/\//);
  const [, [command, kind, back]] = [null, browser[0].tasks.at(-1).commands[0]];
  assert.deepEqual([command, kind], ["wait", "match"]);
  assert.ok(new RegExp(back).test("https://suite.example:8443/test/x/callback"));
  assert.ok(!new RegExp(back).test("https://op.example/authorize?redirect_uri=https://suite.example:8443/test/x"));
});

test("as many modules run at once as allowed, those of one alias in turn, and rotations last and alone", async () => {
  const jobs = [
    ...Array.from({ length: 5 }, (_, index) => ({ name: `free ${index}` })),
    ...Array.from({ length: 3 }, (_, index) => ({ name: `turn ${index}`, alias: "a" })),
  ];
  jobs.splice(2, 0, { name: "rotate", rotate: true });
  const running = new Set();
  let most = 0;
  const done = [];
  const results = await schedule(jobs, 3, async (job) => {
    running.add(job);
    most = Math.max(most, running.size);
    assert.ok([...running].filter((one) => one.alias === "a").length <= 1);
    if (job.rotate) assert.equal(running.size, 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running.delete(job);
    done.push(job.name);
    return job.name;
  });
  assert.equal(most, 3);
  assert.equal(done.at(-1), "rotate");
  assert.deepEqual(results, jobs.map((job) => job.name));
});

test("the first failing condition is the first of the worst kind", () => {
  const log = [
    { src: "A", msg: "fine", result: "SUCCESS" },
    { src: "B", msg: "hm", result: "WARNING" },
    { src: "C", msg: "no\n good", result: "FAILURE" },
    { src: "D", msg: "worse", result: "FAILURE" },
  ];
  assert.equal(firstFailing(log), "C: no good");
  assert.equal(firstFailing(log.slice(0, 2)), "B: hm");
  assert.equal(firstFailing(log.slice(0, 1)), undefined);
});

test("the conditions of a log are what was judged or names a requirement, not the module and not the browser", () => {
  const log = [
    { src: "oidcc-server", result: "SUCCESS" },
    { src: "-START-BLOCK-", msg: "begin" },
    { src: "WebRunner", result: "FAILURE" },
    { src: "CheckX", result: "SUCCESS" },
    { src: "CheckX", result: "SUCCESS" },
    { src: "CreateY", requirements: ["OIDCC-3"] },
    { src: "CreateZ", msg: "made" },
  ];
  assert.deepEqual([...conditionsOf(log)], ["CheckX", "CreateY"]);
});
