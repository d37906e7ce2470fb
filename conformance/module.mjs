// One module from its creation to its result.
//
// The suite's own browser does most visits. The driver does them where a picture is wanted (pictures.json) or the plan
// runs in Chromium; there it looks at the page, uploads the picture, and goes on. A module that waits for a visit that
// nobody makes is ended at once, not at the time limit.

import { Person, picture, wrongOnPage } from "./person.mjs";

// The longest fixed wait of a module is about a minute; a machine under load needs its time, too.
const LIMIT = 180_000;
const ENDED = ["FINISHED", "INTERRUPTED"];
const JUDGEMENTS = ["SUCCESS", "FAILURE", "WARNING", "REVIEW"];

// Answers { plan, module, responseType, result, condition, fault, id, seconds }.
export async function runModule(job, world) {
  const { suite } = world;
  const began = Date.now();
  const id = await suite.createModule(job.module, job.planId, job.variant);
  const drives = job.chromium || job.module in job.pictures;
  const person = drives ? new Person({ ...world, thirdPartyCookies: job.thirdPartyCookies }) : undefined;
  let fault;
  try {
    if (job.rotate) await rotated(id, job, suite);
    fault = await untilEnded(id, job, world, person, began + LIMIT);
    fault ??= person?.faults[0];
  } catch (error) {
    fault = error.message.split("\n")[0];
  } finally {
    await person?.close();
  }
  if (fault) await suite.cancelModule(id);
  return { ...identity(job), id, fault, seconds: (Date.now() - began) / 1000, ...(await outcome(id, world)) };
}

export function identity(job) {
  return { plan: job.plan, module: job.module, responseType: job.responseType };
}

// Keys are rotated between what the suite read first and what it reads when it is started.
async function rotated(id, job, suite) {
  await suite.waitFor(id, ["CONFIGURED", ...ENDED], 30_000);
  await job.rotate();
  await suite.startModule(id);
}

// Waits for the end, and makes the visits that fall to the driver. Answers a fault, or nothing.
async function untilEnded(id, job, world, person, deadline) {
  const { suite } = world;
  const seen = new Set();
  while (Date.now() < deadline) {
    for (const visit of await suite.visits(id)) {
      if (!person) return `it waits for a visit to ${visit.url}, for which there is no script`;
      if (seen.has(visit.url)) return `it wants ${visit.url} visited twice`;
      seen.add(visit.url);
      await suite.visited(id, visit.url);
      await visited(id, job, world, person, visit);
    }
    const state = await suite.waitFor(id, ENDED, person ? 400 : 10_000);
    if (ENDED.includes(state)) return undefined;
  }
  return `no end after ${LIMIT / 1000} s`;
}

async function visited(id, job, world, person, visit) {
  const { suite } = world;
  const wanted = job.pictures[job.module];
  const slots = wanted ? await suite.openSlots(id) : [];
  if (slots.length === 0) {
    await person.visit(visit);
    return;
  }
  const page = await person.visit(visit, wanted.page);
  const wrong = await wrongOnPage(page, wanted);
  if (wrong) throw new Error(wrong);
  const shot = await picture(page);
  for (const slot of slots) await suite.upload(id, slot, shot);
  if (wanted.then === "go on") await person.walk(page);
}

// What the suite says of a module: its result, the first condition that failed, and all conditions that it looked at.
async function outcome(id, { suite, conditionsTo }) {
  // A module that was just cancelled needs a moment to say so.
  let info = await suite.info(id);
  for (let tries = 0; tries < 20 && !ENDED.includes(info.status); tries += 1) {
    await new Promise((done) => setTimeout(done, 250));
    info = await suite.info(id);
  }
  const ended = info.status === "FINISHED" || info.result === "FAILED";
  const result = ended ? info.result : "INTERRUPTED";
  const log = result === "PASSED" && !conditionsTo ? [] : await suite.log(id);
  return { result, condition: result === "PASSED" ? undefined : firstFailing(log), conditions: conditionsOf(log) };
}

// The names of the conditions in a log: what was judged, or names a requirement. A module's own entries bear its name.
export function conditionsOf(log) {
  const judged = log.filter((entry) => entry.requirements || JUDGEMENTS.includes(entry.result));
  return new Set(judged.map((entry) => entry.src).filter((src) => /^[A-Z][A-Za-z0-9_]+$/.test(src) && src !== "WebRunner"));
}

// The first entry that says why a module is not PASSED, worst kind first.
export function firstFailing(log) {
  for (const kind of ["FAILURE", "INTERRUPTED", "WARNING", "REVIEW", "SKIPPED"]) {
    const entry = log.find((one) => one.result === kind);
    if (entry) return `${entry.src}: ${entry.msg ?? entry.error ?? kind}`.replaceAll(/\s+/g, " ").slice(0, 300);
  }
  return undefined;
}
