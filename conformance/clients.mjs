// Registers the static clients of the plans with `fuxin client add`, and writes the file that run.mjs reads.
//
// A static plan needs three clients: two that take part in one flow, and one that authenticates by client_secret_post.
// A plan with certificates gets those, too: of the authority of `--client-ca` (its certificate and, beside it, its `.key`),
// or self-signed. What a group or a plan of plans.json says under `client` is registered besides; `{base}` in it is the address under
// which the suite plays the plan's client.

import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";

import { alias, labelOf } from "./configuration.mjs";

const SCOPE = "openid profile email address phone offline_access";

const { values } = parseArgs({
  options: {
    program: { type: "string", default: "fuxin" },
    config: { type: "string" },
    suite: { type: "string" },
    "client-ca": { type: "string" },
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
const folder = await mkdtemp(join(tmpdir(), "clients-"));
for (const group of groups) {
  for (const plan of group.plans) {
    const label = labelOf(group, plan);
    const named = wanted.has(group.name) || wanted.has(label);
    if (!named || plan.variant.client_registration !== "static_client") continue;
    const { client_method: method } = plan;
    if (method) {
      const [first, second] = [await certificate(`${label} 1`, method), await certificate(`${label} 2`, method)];
      clients[label] = {
        client: await added(label, "1", group, plan, method, known(first, method)),
        client2: await added(label, "2", group, plan, method, known(second, method)),
        mtls: first,
        mtls2: second,
      };
    } else {
      clients[label] = {
        client: await added(label, "1", group, plan),
        client2: await added(label, "2", group, plan),
        client_secret_post: await added(label, "3", group, plan, "client_secret_post"),
      };
    }
    console.log(`registered the clients of ${label}`);
  }
}
await rm(folder, { recursive: true });
await writeFile(values.out, `${JSON.stringify(clients, undefined, 1)}\n`, { mode: 0o600 });

async function added(label, number, group, plan, method, more) {
  const base = `${new URL(values.suite).origin}/test/a/${alias(label)}`;
  const metadata = {
    client_name: `${label} ${number}`,
    redirect_uris: [`${base}/callback`],
    post_logout_redirect_uris: [`${base}/post_logout_redirect`],
    scope: SCOPE,
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    // No module but one sends a challenge.
    require_pkce: false,
    weak_features: ["no_pkce"],
    ...group.client,
    ...plan.client,
    ...(method && { token_endpoint_auth_method: method }),
    ...more,
  };
  const file = join(folder, "client.json");
  await writeFile(file, JSON.stringify(metadata).replaceAll("{base}", base));
  const words = ["client", "add", "--config", values.config, "--metadata", file];
  const { stdout } = await promisify(execFile)(values.program, words);
  const field = (name) => new RegExp(`^${name}\\s+(\\S+)$`, "m").exec(stdout)?.[1];
  return { client_id: field("client_id"), client_secret: field("client_secret") };
}

// A certificate and its key, in PEM.
async function certificate(name, method) {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const authority = values["client-ca"];
  if (method === "tls_client_auth" && !authority) throw new Error("--client-ca is missing, and a plan needs it");
  const signer = method === "tls_client_auth" ? ["-CA", authority, "-CAkey", authority.replace(/\.pem$/, ".key")] : [];
  await promisify(execFile)("openssl", [
    ..."req -x509 -newkey rsa:2048 -nodes -days 365".split(" "),
    ...["-subj", `/CN=${name.replaceAll("/", " ")}`, "-keyout", key, "-out", cert],
    ...["-addext", "basicConstraints=critical,CA:FALSE", "-addext", "extendedKeyUsage=clientAuth"],
    ...signer,
  ]);
  return { cert: await readFile(cert, "utf8"), key: await readFile(key, "utf8") };
}

// What is registered of a certificate.
function known({ cert }, method) {
  const parsed = new X509Certificate(cert);
  if (method === "tls_client_auth") return { tls_client_auth_subject_dn: parsed.subject.replaceAll("\n", ",") };
  const key = { ...parsed.publicKey.export({ format: "jwk" }), x5c: [parsed.raw.toString("base64")] };
  return { jwks: { keys: [key] } };
}
