// The provider that the relying parties sign in at: `fuxin serve` on an SQLite database of its own, behind TLS by a
// throw-away authority, with one account and a client for each party. Started once; everything it writes is in one
// folder, which is removed at the end.

import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { chmod, mkdir, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

import { answers, freePorts, secretsIn } from "../browser/world.mjs";
import { Front } from "./front.mjs";

const run = promisify(execFile);
const STOPPED_WITHIN = 10_000;

export const PERSON = { account: "lin.meihui", name: "林美惠", password: "rice-and-tea-by-the-river" };

// { issuer, authority, front, certificate, backChannel }: the provider's address, the file with the authority's certificate,
// the front (front.mjs), the certificate for localhost, and the port on which the provider may call a party.
export let world;

let server;
let folder;

const children = new Set();
// However this process ends: nothing that it started is left behind.
process.on("exit", () => {
  children.forEach((child) => child.kill("SIGTERM"));
  if (folder) rmSync(folder, { recursive: true, force: true });
});

export async function startWorld() {
  const binary = process.env.FUXIN_BINARY;
  if (!binary) throw new Error("FUXIN_BINARY is not set: start these tests with `tests/parties/run`");
  folder = await mkdtemp(join(tmpdir(), "fuxin-parties-"));
  // Apache gives up root and must still reach what is its own. What is secret has a mode of its own.
  await chmod(folder, 0o711);
  const [behind, before, site] = [await freePorts(1), await freePorts(1), await freePorts(1)];
  const issuer = `https://localhost:${before}`;
  const config = join(folder, "fuxin.toml");
  for (const name of ["master.key", "pairwise.salt"]) {
    await writeFile(join(folder, name), randomBytes(32).toString("hex"), { mode: 0o600 });
  }
  const certificate = await issueCertificate();
  await writeFile(config, configuration(issuer, behind, site));
  await fuxin("migrate");
  await openAccount();
  server = await start("provider", binary, ["serve", "--config", config]);
  await answers(new URL(`http://127.0.0.1:${behind}/health/ready`), server.process, server.log);
  const front = await Front.start(before, behind, certificate);
  world = { issuer, authority: join(folder, "ca.pem"), front, certificate, backChannel: site };
}

// What went wrong while stopping, or stands in the log and must not. Empty is good.
export async function stopWorld() {
  world.front.stop();
  const faults = await server.stop();
  faults.push(...secretsIn(await server.said(), { people: [PERSON], relying_parties: [], service_clients: [] }));
  await removeWorld();
  return faults;
}

export async function removeWorld() {
  server?.process.kill("SIGKILL");
  if (folder) await rm(folder, { recursive: true, force: true });
}

// Registers the site of a party, as an operator does: { CLIENT_ID, CLIENT_SECRET }. The provider calls it over https, at
// the front that stands before it for that.
export async function register(site, { callback, backChannel }) {
  const file = join(folder, "client.json");
  const registration = {
    client_name: "示範機關",
    client_name_en: "Demo agency",
    redirect_uris: [site + callback],
    post_logout_redirect_uris: [`${site}/`],
    backchannel_logout_uri: `https://localhost:${world.backChannel}${backChannel}`,
    backchannel_logout_session_required: true,
    scope: "openid profile",
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "client_secret_basic",
    id_token_signed_response_alg: "ES256",
  };
  await writeFile(file, JSON.stringify(registration));
  const said = await fuxin("client", "add", "--metadata", file);
  const told = (name) => new RegExp(`^${name} +(\\S+)$`, "mu").exec(said)[1];
  return { CLIENT_ID: told("client_id"), CLIENT_SECRET: told("client_secret") };
}

// A folder for a party.
export async function folderOf(name) {
  const path = join(folder, `${name}-${randomBytes(4).toString("hex")}`);
  await mkdir(path);
  return path;
}

// Starts a program whose output goes to a log of this name: { process, log, said, stop }.
export async function start(name, command, args, options = {}) {
  const log = join(process.env.FUXIN_LOGS ?? folder, `${name}.log`);
  const file = await open(log, "a");
  const began = (await file.stat()).size;
  const child = spawn(command, args, { ...options, stdio: ["ignore", file.fd, file.fd] });
  await file.close();
  const ended = once(child, "exit");
  children.add(child);
  return {
    process: child,
    log,
    said: async () => (await readFile(log)).subarray(began).toString(),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return [`${name} had ended before it was told to`];
      child.kill("SIGTERM");
      if ((await Promise.race([ended, sleep(STOPPED_WITHIN, "late", { ref: false })])) !== "late") return [];
      child.kill("SIGKILL");
      return [`${name} did not stop within ten seconds`];
    },
  };
}

async function fuxin(...args) {
  return (await run(process.env.FUXIN_BINARY, [...args, "--config", join(folder, "fuxin.toml")])).stdout;
}

async function openAccount() {
  const config = join(folder, "fuxin.toml");
  const args = ["account", "add", PERSON.account, "--person", PERSON.name, "--config", config];
  const adding = run(process.env.FUXIN_BINARY, args);
  adding.child.stdin.end(`${PERSON.password}\n`);
  await adding;
}

// An authority that nobody else trusts, and its certificate for localhost.
async function issueCertificate() {
  const at = (name) => join(folder, name);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const authority = ["-keyout", at("ca.key"), "-out", at("ca.pem"), "-subj", "/CN=Throw-away authority"];
  await run("openssl", ["req", "-x509", ...key, ...authority]);
  const server = ["-keyout", at("tls.key"), "-out", at("tls.pem"), "-subj", "/CN=localhost"];
  const extensions = ["subjectAltName=DNS:localhost", "basicConstraints=critical,CA:FALSE", "extendedKeyUsage=serverAuth"];
  const by = ["-CA", at("ca.pem"), "-CAkey", at("ca.key")];
  await run("openssl", ["req", "-x509", ...key, ...server, ...by, ...extensions.flatMap((one) => ["-addext", one])]);
  return { key: await readFile(at("tls.key")), cert: await readFile(at("tls.pem")) };
}

function configuration(issuer, port, site) {
  return `[server]
issuer = "${issuer}"
listen = "127.0.0.1:${port}"
trusted_proxies = ["127.0.0.1"]
[database]
url = "sqlite://${join(folder, "fuxin.db")}"
[secrets]
master_key_file = "master.key"
pairwise_salt_file = "pairwise.salt"
[outbound]
extra_ca_file = "ca.pem"
private_hosts = ["localhost:${site}"]
[log]
format = "text"
`;
}
