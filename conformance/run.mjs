// Drives a running conformance suite through its plans and says what came of it. `--help` and README.md tell how.
//
// Exits with 0 only if every result is PASSED or accepted, and every accepted result occurred. A run of all plans
// writes RESULTS.md whole; a run of some writes nothing.

import { exec, execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";

import { parseAccepted, wrongWith } from "./accepted.mjs";
import { alias, configuration, labelOf, picturesOf } from "./configuration.mjs";
import { identity, runModule } from "./module.mjs";
import { launch } from "./person.mjs";
import { schedule } from "./schedule.mjs";
import { ask, Suite } from "./suite.mjs";
import { conditionList, counts, digest, resultsText, runTable, sum } from "./table.mjs";

const HERE = import.meta.dirname;
const ROTATE = "oidcc-server-rotate-keys";
const OPTIONS = {
  suite: ["URL", "the suite"],
  provider: ["URL", "the issuer that is tested, started with serve.toml"],
  "gsp-provider": ["URL", "a second issuer, started with the profile gsp alone: for the plans gsp/…"],
  plans: ["NAMES", "all, or groups and plans separated by commas, such as certification,static/basic"],
  modules: ["NAMES", "only these modules, separated by commas; for looking into a failure"],
  account: ["NAME", "the account that signs in"],
  "password-file": ["FILE", "its password"],
  "initial-access-token-file": ["FILE", "the token that lets the suite register clients"],
  clients: ["FILE", "the static clients: JSON, an object for each plan (README.md)"],
  "rotate-command": ["CMD", "rotates the provider's signing keys"],
  "token-file": ["FILE", "the suite's API token; a suite in its developer mode needs none"],
  ca: ["FILE", "PEM: the authority behind the certificates of suite and provider"],
  export: ["DIR", "where the signed archives of the plans are put"],
  conditions: ["FILE", "where the conditions that the suite looked at are listed: module, tab, condition"],
  results: ["FILE", "what a run of all plans writes [default: conformance/RESULTS.md]"],
  "at-once": ["N", "modules that run at the same time [default: 6]"],
};

async function main() {
  const { values } = parseArgs({
    options: {
      help: { type: "boolean" },
      ...Object.fromEntries(Object.keys(OPTIONS).map((name) => [name, { type: "string" }])),
    },
  });
  if (values.help) return void console.log(help());
  const began = Date.now();
  const options = await read(values);
  const { suite, groups, accepted } = options;
  const commit = await ownCommit(options.all);
  const names = await suite.planNames();
  const absent = groups.flatMap((group) => group.plans).filter((plan) => !names.has(plan.plan));
  if (absent.length > 0) throw new Error(`the suite has no plan ${absent.map((plan) => plan.plan).join(", ")}`);

  const plans = await createPlans(options);
  const browser = await launch(options.chromium);
  const world = { ...options, browser };
  const runs = await schedule(plans.flatMap((plan) => plan.jobs), options.atOnce, (job) => told(job, world));
  await browser.close();

  const exports = await exported(plans, options);
  if (options.conditionsTo) await writeFile(options.conditionsTo, conditionList(runs));
  const wrong = wrongWith(runs, options.modules ? accepted.filter((one) => options.modules.has(one.module)) : accepted);
  const rows = counts(plans.map((plan) => plan.label), runs);
  console.log(`\n${runTable(runs)}\n`);
  console.table(Object.fromEntries([...rows, sum(rows)].map(({ plan, ...numbers }) => [plan, numbers])));
  for (const line of wrong) console.log(`! ${line}`);
  if (options.all) {
    const text = resultsText({
      date: new Date().toISOString().slice(0, 10),
      commit,
      suite: await suite.server(),
      providers: [options.provider, options.gspProvider].filter(Boolean),
      seconds: Math.round((Date.now() - began) / 1000),
      atOnce: options.atOnce,
      groups: groups.map((group) => ({ ...group, plans: group.plans.map((plan) => labelOf(group, plan)) })),
      runs,
      wrong,
      accepted,
      planIds: plans.map((plan) => ({ plan: plan.label, planName: plan.planName, id: plan.id })),
      exports,
    });
    await writeFile(values.results ?? join(HERE, "RESULTS.md"), text);
  }
  console.log(wrong.length === 0 ? "clean" : `not clean: ${wrong.length} unexpected`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
}

function help() {
  const lines = Object.entries(OPTIONS).map(([name, [value, text]]) => `  ${`--${name} ${value}`.padEnd(34)}${text}`);
  return `Runs the plans of a conformance suite against a provider.\n\n${lines.join("\n")}`;
}

// Everything that the options name, read and judged before anything is started.
async function read(values) {
  for (const name of ["suite", "provider", "plans", "account", "password-file"]) {
    if (!values[name]) throw new Error(`--${name} is missing`);
  }
  const line = async (file) => file && (await readFile(file, "utf8")).trim();
  const data = async (file) => JSON.parse(await readFile(file, "utf8"));
  const ca = values.ca && (await readFile(values.ca));
  const suiteUrl = origin(values.suite);
  const provider = origin(values.provider);
  const gspProvider = values["gsp-provider"] && origin(values["gsp-provider"]);
  const all = values.plans === "all" && !values.modules;
  const groups = chosen((await data(join(HERE, "plans.json"))).groups, values.plans.split(","));
  if (groups.some((group) => group.provider === "gsp") && !gspProvider) {
    throw new Error("--gsp-provider is missing, and the plans gsp/… were asked for");
  }
  const hosts = new Set([suiteUrl, provider, gspProvider].filter(Boolean).map((url) => new URL(url).hostname));
  return {
    all,
    groups,
    suiteUrl,
    provider,
    gspProvider,
    ca,
    ownTrust: Boolean(ca),
    suite: new Suite({ url: suiteUrl, ca, token: await line(values["token-file"]) }),
    account: values.account,
    password: await line(values["password-file"]),
    initialAccessToken: await line(values["initial-access-token-file"]),
    clients: values.clients && (await data(values.clients)),
    pictures: JSON.parse((await readFile(join(HERE, "pictures.json"), "utf8")).replaceAll("{suite}", suiteUrl)),
    accepted: parseAccepted(await readFile(join(HERE, "accepted.toml"), "utf8")),
    modules: values.modules && new Set(values.modules.split(",")),
    rotateCommand: values["rotate-command"],
    exportTo: values.export,
    conditionsTo: values.conditions,
    atOnce: number(values["at-once"] ?? "6"),
    chromium: {
      modules: process.env.FUXIN_NODE_MODULES,
      executable: process.env.FUXIN_CHROMIUM ?? "/usr/bin/chromium",
      hosts,
    },
  };
}

function number(text) {
  if (!/^[1-9][0-9]?$/.test(text)) throw new Error(`--at-once is not a number from 1 to 99: ${text}`);
  return Number(text);
}

function origin(url) {
  const parsed = new URL(url);
  if (parsed.protocol !== "https:") throw new Error(`${url} is not an https address`);
  return parsed.origin;
}

// The groups, each with the plans that were asked for.
function chosen(groups, names) {
  if (names.includes("all")) return groups;
  const open = new Set(names);
  const found = groups.map((group) => {
    const plans = group.plans.filter((plan) => {
      const hit = [group.name, labelOf(group, plan)].filter((name) => names.includes(name));
      for (const name of hit) open.delete(name);
      return hit.length > 0;
    });
    return { ...group, plans };
  });
  if (open.size > 0) throw new Error(`no plan or group is named ${[...open].join(", ")}`);
  return found.filter((group) => group.plans.length > 0);
}

// Our own commit. A run whose results are kept must be of a commit, not of what lies about.
async function ownCommit(kept) {
  const git = async (...words) => (await promisify(execFile)("git", ["-C", HERE, ...words])).stdout;
  const changed = (await git("status", "--porcelain")).split("\n").filter((line) => line !== "");
  // What an earlier run wrote is not what is tested.
  const dirty = changed.filter((line) => !/RESULTS[^/]*\.md$/.test(line));
  if (kept && dirty.length > 0) throw new Error(`the tree is not clean: ${dirty.join(", ")}`);
  return (await git("rev-parse", "HEAD")).trim();
}

// Creates all plans at the suite before any module runs, so that a plan that lacks modules ends the run at once.
async function createPlans(options) {
  const plans = [];
  for (const group of options.groups) {
    const second = group.provider === "gsp";
    const provider = second ? options.gspProvider : options.provider;
    const command = second ? undefined : options.rotateCommand;
    for (const plan of group.plans) {
      const label = labelOf(group, plan);
      const world = { ...options, provider, suite: options.suiteUrl };
      const created = await options.suite.createPlan(plan.plan, plan.variant, configuration(group, plan, world));
      const modules = created.modules.filter((one) => !plan.only || plan.only.includes(one.testModule));
      if (modules.length !== plan.runs) {
        throw new Error(`the plan ${label} has ${modules.length} modules; plans.json says ${plan.runs}`);
      }
      const jobs = modules
        .filter((one) => !options.modules || options.modules.has(one.testModule))
        .map((one) => job(label, plan, created.id, one, provider, command, options));
      plans.push({ label, planName: plan.plan, id: created.id, jobs });
    }
  }
  return plans;
}

function job(label, plan, planId, { testModule: module, variant }, provider, command, { ca, pictures }) {
  const rotates = module === ROTATE;
  if (rotates && !command) throw new Error(`no command rotates keys, and ${label} has ${ROTATE}`);
  return {
    plan: label,
    planId,
    module,
    variant,
    responseType: variant?.response_type ?? plan.variant.response_type ?? "code",
    chromium: plan.browser === "chromium",
    thirdPartyCookies: plan.third_party_cookies ?? false,
    pictures: picturesOf(plan, pictures),
    alias: plan.variant.client_registration === "static_client" ? alias(label) : undefined,
    rotate: rotates ? () => rotateKeys(provider, command, ca) : undefined,
    provider,
  };
}

// Rotates, and waits until the provider's JWK set shows it.
async function rotateKeys(provider, command, ca) {
  const before = await jwks(provider, ca);
  await promisify(exec)(command);
  for (let tries = 0; tries < 40; tries += 1) {
    if ((await jwks(provider, ca)) !== before) return;
    await new Promise((done) => setTimeout(done, 250));
  }
  throw new Error("the command has rotated no key: the JWK set is the same after 10 s");
}

async function jwks(provider, ca) {
  const read = async (url) => (await ask(url, { ca })).body.toString();
  return read(JSON.parse(await read(`${provider}/.well-known/openid-configuration`)).jwks_uri);
}

// Runs a module and says so. What fails outside the suite is a result, too: the run goes on.
async function told(job, options) {
  const run = await runModule(job, { ...options, provider: job.provider }).catch((error) => ({
    ...identity(job),
    result: "INTERRUPTED",
    fault: error.message.split("\n")[0],
    seconds: 0,
  }));
  const why = run.fault ?? run.condition;
  const reason = run.result === "PASSED" && !run.fault ? "" : `  ${why ?? ""}`;
  const which = `${job.plan} ${job.module} (${job.responseType}) ${run.id ?? ""}`;
  console.log(`${run.result.padEnd(11)} ${which} ${run.seconds.toFixed(1)} s${reason}`);
  return run;
}

// The digests of the exported archives, by plan.
async function exported(plans, { suite, exportTo }) {
  const digests = new Map();
  if (!exportTo) return digests;
  await mkdir(exportTo, { recursive: true });
  for (const plan of plans) {
    const archive = await suite.exportPlan(plan.id);
    await writeFile(join(exportTo, `${alias(plan.label)}.zip`), archive);
    digests.set(plan.label, digest(archive));
  }
  return digests;
}

main().catch((error) => {
  console.error(`conformance: ${error.message}`);
  process.exitCode = 2;
});
