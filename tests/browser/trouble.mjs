// A provider in trouble: a real one, started with `fuxin serve` beside the demonstration, that a test may bring into
// states in which people must not be left alone. Its clock can be moved (libfaketime), its disk can be full (a limit on
// the size of its files), its database can be damaged, and its password hashes are few and slow.

import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

import { answers, freePorts, secretsIn } from "./world.mjs";

const run = promisify(execFile);

// One person who can sign in, and failures until the end of a password: the fewest that a policy may say.
const PERSON = { account: "lin.meihui", name: "林美惠", password: "rice-and-tea-by-the-river" };
export const DISABLE_AFTER = 20;

let starting;

// Started when the first test needs it.
export function trouble() {
  starting ??= Trouble.start();
  return starting;
}

// What was wrong at the end. Empty is good.
export async function endTrouble() {
  return starting ? (await starting.catch(() => undefined))?.stop() ?? [] : [];
}

class Trouble {
  #folder;
  #server;
  #ahead = 0;

  static async start() {
    const trouble = new Trouble();
    trouble.#folder = await mkdtemp(join(tmpdir(), "fuxin-trouble-"));
    await trouble.#start(process.env.FUXIN_BINARY);
    return trouble;
  }

  async #start(binary) {
    const port = await freePorts(1);
    const config = join(this.#folder, "fuxin.toml");
    await writeFile(join(this.#folder, "master.key"), randomBytes(32).toString("hex"), { mode: 0o600 });
    await writeFile(join(this.#folder, "pairwise.salt"), randomBytes(32).toString("hex"), { mode: 0o600 });
    await writeFile(config, configuration(port, this.#folder));
    const fuxin = async (...args) => (await run(binary, [...args, "--config", config])).stdout;
    await fuxin("migrate");
    this.issuer = `http://localhost:${port}`;
    this.person = PERSON;
    const callback = "http://localhost:9/callback";
    const client = await fuxin(
      ...["client", "add", "--name", "全國商工行政服務入口網示範", "--name-en", "Business portal demo"],
      ...["--redirect-uri", callback, "--sector", "gcis.example.gov.tw"],
    );
    this.site = { client_id: /client_id +(\S+)/u.exec(client)[1], redirect_uris: [callback] };
    const account = run(binary, ["account", "add", PERSON.account, "--person", PERSON.name, "--config", config]);
    account.child.stdin.end(`${PERSON.password}\n`);
    await account;
    await this.#moveClock(0);
    await this.#serve(binary, ["serve", "--config", config]);
  }

  async #serve(binary, args) {
    const log = await open(this.#log(), "w");
    // Past the limit on the size of a file, a write shall fail and not end the process.
    this.#server = spawn("/bin/sh", ["-c", `trap "" XFSZ; exec "$0" "$@"`, binary, ...args], {
      stdio: ["ignore", "ignore", log.fd],
      env: {
        ...process.env,
        LD_PRELOAD: await fakeTime(),
        FAKETIME_TIMESTAMP_FILE: join(this.#folder, "clock"),
        FAKETIME_NO_CACHE: "1",
        FAKETIME_DONT_FAKE_MONOTONIC: "1",
        NO_FAKE_STAT: "1",
      },
    });
    process.on("exit", () => this.#server.kill("SIGKILL"));
    await log.close();
    await answers(new URL("/health/ready", this.issuer), this.#server, this.#log());
  }

  #log() {
    return join(process.env.FUXIN_LOGS ?? this.#folder, "trouble.err");
  }

  async #moveClock(seconds) {
    await writeFile(join(this.#folder, "clock"), `+${seconds}s`);
  }

  // Lets so many minutes pass.
  async wait(minutes) {
    this.#ahead += minutes * 60;
    await this.#moveClock(this.#ahead);
  }

  // While something is done, nothing more can be written to the disk.
  async withFullDisk(action) {
    await this.#limitFiles("0");
    try {
      return await action();
    } finally {
      await this.#limitFiles("unlimited");
    }
  }

  async #limitFiles(limit) {
    await run("prlimit", ["--pid", String(this.#server.pid), `--fsize=${limit}:unlimited`]);
  }

  // Overwrites the database. Nothing brings it back.
  async damage() {
    for (const name of await readdir(this.#folder)) {
      if (!name.startsWith("fuxin.db")) continue;
      const file = await open(join(this.#folder, name), "r+");
      const { size } = await file.stat();
      await file.write(Buffer.alloc(size, "damaged "), 0, size, 0);
      await file.close();
    }
  }

  async stop() {
    const ended = once(this.#server, "exit");
    this.#server.kill("SIGTERM");
    const late = await Promise.race([ended, sleep(10_000, "late", { ref: false })]);
    const faults = late === "late" ? ["the provider in trouble did not stop within ten seconds"] : [];
    if (late === "late") this.#server.kill("SIGKILL");
    const secrets = { people: [PERSON], relying_parties: [], service_clients: [] };
    faults.push(...secretsIn(await readFile(this.#log(), "utf8"), secrets));
    await rm(this.#folder, { recursive: true, force: true });
    return faults;
  }
}

// One hash at a time, a second long, and one that waits: a third sign-in at once is one too many.
function configuration(port, folder) {
  return `[server]
issuer = "http://localhost:${port}"
listen = "127.0.0.1:${port}"
[database]
url = "sqlite://${join(folder, "fuxin.db")}"
[secrets]
master_key_file = "master.key"
pairwise_salt_file = "pairwise.salt"
[policy]
disable_after = ${DISABLE_AFTER}
[password_hash]
iterations = 16
threads = 1
queue = 1
[log]
format = "text"
`;
}

async function fakeTime() {
  for (const folder of await readdir("/usr/lib")) {
    const file = `/usr/lib/${folder}/faketime/libfaketimeMT.so.1`;
    const found = await open(file).catch(() => undefined);
    if (!found) continue;
    await found.close();
    return file;
  }
  throw new Error("libfaketime is not installed");
}
