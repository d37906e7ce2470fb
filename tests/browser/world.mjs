// The demo that the tests use: started once from the built binary, with a data folder and ports of its own, stopped at
// the end. `world` is filled before any test file is loaded.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const READY_WITHIN = 60_000;
const STOPPED_WITHIN = 10_000;

// { issuer, description, routes }: the provider's address, what `fuxin demo --describe` says, what `fuxin routes` says.
export let world;

let demo;
let data;
let ended;

export async function startWorld() {
  const binary = process.env.FUXIN_BINARY;
  if (!binary) throw new Error("FUXIN_BINARY is not set: start the browser tests with `tests/run browser`");
  data = await mkdtemp(join(tmpdir(), "fuxin-demo-"));
  const place = ["--data", data, "--port", String(await freePorts(4))];
  const description = JSON.parse(await output(binary, ["demo", "--describe", ...place]));
  const routes = (await output(binary, ["routes"])).trim().split("\n").map((line) => JSON.parse(line));
  await startDemo(binary, ["demo", ...place]);
  const { issuer, relying_parties: sites } = description;
  for (const url of [new URL("/health/ready", issuer), ...sites.map((site) => site.url)]) {
    await answers(url, demo, logFile("err"));
  }
  world = { issuer, description, routes };
}

// What went wrong while stopping, or stands in the log and must not. Empty is good.
export async function stopWorld() {
  const faults = [];
  if (demo.exitCode !== null || demo.signalCode !== null) {
    faults.push(`the demo had ended before it was told to (${demo.exitCode ?? demo.signalCode})`);
  } else {
    demo.kill("SIGTERM");
    const late = sleep(STOPPED_WITHIN, "late", { ref: false });
    if ((await Promise.race([ended, late])) === "late") faults.push("the demo did not stop within ten seconds");
    else if (demo.exitCode !== 0) faults.push(`the demo ended with ${demo.exitCode ?? demo.signalCode}`);
  }
  const log = await readFile(logFile("err"), "utf8");
  if (!log) faults.push("the demo wrote no log to standard error");
  faults.push(...secretsIn(log, world.description));
  await removeWorld();
  return faults;
}

// Leaves nothing behind, whatever the state.
export async function removeWorld() {
  demo?.kill("SIGKILL");
  await ended;
  if (data) await rm(data, { recursive: true, force: true });
}

// Of the profiles of the demo's people, what no pattern below knows.
const PROFILES = ["小惠", "1968-03-12", "重慶南路", "meihui.example.tw", "people.example.gov.tw"];

// What looks like a token of the provider or of a site, a signed token, an e-mail address, a telephone number.
const PATTERNS = [
  /\b(?:fx[a-z]{1,2}|rp[a-z]+)_[\w-]{20,}/gu,
  /\beyJ[\w-]+\.[\w-]+\.[\w-]*/gu,
  /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gu,
  /\+886\d{8,9}/gu,
];

// What a log holds and must not: secrets of the demo, tokens, personal data.
export function secretsIn(log, { people, relying_parties: sites, service_clients: services }) {
  const personal = people.flatMap((person) => [person.password, person.account, person.name]);
  const secrets = [...personal, ...[...sites, ...services].map((client) => client.client_secret), ...PROFILES];
  const found = secrets.filter((secret) => secret && log.includes(secret));
  found.push(...PATTERNS.flatMap((pattern) => log.match(pattern) ?? []));
  return found.map((secret) => `the log holds ${secret}`);
}

function logFile(stream) {
  return join(process.env.FUXIN_LOGS ?? data, `demo.${stream}`);
}

async function output(binary, args) {
  return (await promisify(execFile)(binary, args, { timeout: READY_WITHIN })).stdout;
}

async function startDemo(binary, args) {
  const [out, err] = [await open(logFile("out"), "w"), await open(logFile("err"), "w")];
  demo = spawn(binary, args, { stdio: ["ignore", out.fd, err.fd] });
  ended = once(demo, "exit");
  process.on("exit", () => demo.kill("SIGKILL"));
  await Promise.all([out.close(), err.close()]);
}

// Waits until a server that was started answers.
export async function answers(url, server, log) {
  const deadline = Date.now() + READY_WITHIN;
  while (server.exitCode === null && server.signalCode === null && Date.now() < deadline) {
    const answer = await fetch(url, { redirect: "manual" }).catch(() => undefined);
    if (answer && answer.status < 400) return;
    await sleep(100);
  }
  const said = await readFile(log, "utf8");
  throw new Error(`${url} does not answer; its log ends with:\n${said.slice(-4000)}`);
}

// The first of some ports in a row that are free on loopback.
export async function freePorts(count) {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const first = 20_000 + Math.floor(Math.random() * 12_000);
    const ports = Array.from({ length: count }, (_, index) => first + index);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return first;
  }
  throw new Error("no free ports were found");
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1" }, () => server.close(() => resolve(true)));
  });
}
