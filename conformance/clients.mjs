// Registers the static clients of the plans with `fuxin client add`, and writes the file that run.mjs reads.
//
// A static plan needs three clients: two that take part in one flow, and one that authenticates by client_secret_post.
// `client_options` of a plan in plans.json are handed to the program as they are.

import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";

import { alias, labelOf } from "./configuration.mjs";

const SCOPE = "openid profile email address phone offline_access";

const { values } = parseArgs({
  options: {
    program: { type: "string", default: "fuxin" },
    config: { type: "string" },
    suite: { type: "string" },
    plans: { type: "string" },
    out: { type: "string" },
  },
});
for (const name of ["config", "suite", "plans", "out"]) {
  if (!values[name]) throw new Error(`--${name} is missing; README.md has an example`);
}
const { groups } = JSON.parse(await readFile(join(import.meta.dirname, "plans.json"), "utf8"));
const wanted = new Set(values.plans.split(","));
const clients = JSON.parse(await readFile(values.out, "utf8").catch(() => "{}"));
for (const group of groups) {
  for (const plan of group.plans) {
    const label = labelOf(group, plan);
    const named = wanted.has(group.name) || wanted.has(label);
    if (!named || plan.variant.client_registration !== "static_client") continue;
    clients[label] = {
      client: await added(label, "1", plan),
      client2: await added(label, "2", plan),
      client_secret_post: await added(label, "3", plan, "client_secret_post"),
    };
    console.log(`registered the clients of ${label}`);
  }
}
await writeFile(values.out, `${JSON.stringify(clients, undefined, 1)}\n`, { mode: 0o600 });

async function added(label, number, plan, method) {
  const base = `${new URL(values.suite).origin}/test/a/${alias(label)}`;
  const words = [
    "client",
    "add",
    ...["--config", values.config],
    ...["--name", `${label} ${number}`],
    ...["--redirect-uri", `${base}/callback`],
    ...["--post-logout-redirect-uri", `${base}/post_logout_redirect`],
    ...["--scope", SCOPE],
    ...["--grant-type", "authorization_code"],
    ...["--grant-type", "refresh_token"],
    ...["--method", method ?? plan.client_method ?? "client_secret_basic"],
    ...(plan.client_options ?? []).map((word) => word.replaceAll("{base}", base)),
  ];
  const { stdout } = await promisify(execFile)(values.program, words);
  const field = (name) => new RegExp(`^${name}\\s+(\\S+)$`, "m").exec(stdout)?.[1];
  return { client_id: field("client_id"), client_secret: field("client_secret") };
}
