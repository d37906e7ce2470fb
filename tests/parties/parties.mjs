// The relying parties, each a library or server module that others wrote, in the program or with the settings that
// docs/integrate/ shows: what is documented is what is tested.
//
// A party: its name; where it takes the provider's answer and a logout token; `start`, which returns a running program; what a person does
// there to refresh and to sign out; and the words in which its log tells what was wrong with an answer.

import { randomBytes } from "node:crypto";
import { copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { folderOf, start, world } from "./world.mjs";

const INTEGRATE = join(import.meta.dirname, "../../docs/integrate");
const APACHE = process.env.FUXIN_APACHE ?? "/usr/sbin/apache2";
const APACHE_MODULES = process.env.FUXIN_APACHE_MODULES ?? "/usr/lib/apache2/modules";

const openidClient = {
  name: "openid-client",
  callback: "/callback",
  backChannel: "/back-channel",
  async start(settings) {
    // The module is looked for beside the program.
    const folder = await folderOf("node");
    await copyFile(join(INTEGRATE, "node/app.mjs"), join(folder, "app.mjs"));
    await symlink(process.env.FUXIN_NODE_MODULES, join(folder, "node_modules"));
    const env = { ...process.env, ...settings, ISSUER: world.issuer, NODE_EXTRA_CA_CERTS: world.authority };
    return start("openid-client", process.execPath, [join(folder, "app.mjs")], { env });
  },
  refresh: (page, site) => page.goto(`${site}/refresh`),
  signOut: (page) => page.getByText("Sign out").click(),
  complaints: {
    signature: /OAUTH_INVALID_RESPONSE: .*JWT signature verification failed/u,
    discovery: /OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED: discovered metadata issuer does not match/u,
    issuer: /OAUTH_JWT_CLAIM_COMPARISON_FAILED: .*unexpected JWT "iss" \(issuer\) claim value/u,
  },
};

const authlib = {
  name: "authlib",
  callback: "/callback",
  backChannel: "/back-channel",
  async start(settings) {
    const python = process.env.FUXIN_PYTHON;
    if (!python) throw new Error("FUXIN_PYTHON is not set: start these tests with `tests/parties/run`");
    const env = {
      ...process.env,
      ...settings,
      ISSUER: world.issuer,
      SESSION_SECRET: randomBytes(32).toString("hex"),
      REQUESTS_CA_BUNDLE: world.authority,
      PYTHONDONTWRITEBYTECODE: "1",
    };
    return start("authlib", python, [join(INTEGRATE, "python/app.py")], { env });
  },
  refresh: (page, site) => page.goto(`${site}/refresh`),
  signOut: (page) => page.getByText("Sign out").click(),
  complaints: {
    signature: /BadSignatureError: bad_signature/u,
    discovery: /ValueError: the discovery document is that of https:\/\/sso\.example\.net/u,
    issuer: /InvalidClaimError: invalid_claim: Invalid claim: 'iss'/u,
  },
};

const apache = {
  name: "mod_auth_openidc",
  callback: "/oidc/callback",
  backChannel: "/oidc/callback?logout=backchannel",
  async start(settings) {
    const folder = await folderOf("apache");
    await mkdir(join(folder, "site/profile"), { recursive: true });
    await mkdir(join(folder, "run"));
    await writeFile(join(folder, "site/index.shtml"), '<h1>Portal</h1><a id="sign-in" href="/profile/">Sign in</a>');
    await writeFile(join(folder, "site/profile/index.shtml"), PROFILE(settings.SITE));
    await writeFile(join(folder, "apache.conf"), apacheConfiguration(folder, settings), { mode: 0o600 });
    return start("mod_auth_openidc", APACHE, ["-D", "FOREGROUND", "-f", join(folder, "apache.conf")]);
  },
  // Looking at a page is enough: the settings below have the token renewed an hour before it ends, which is at once.
  refresh: (page) => page.reload(),
  signOut: (page) => page.getByText("Sign out").click(),
  complaints: {
    signature: /id_token signature could not be validated/u,
    discovery: /configured issuer \(https:\/\/sso\.example\.net\) does not match the issuer provided/u,
    issuer: /does not match received "iss" value in id_token \(https:\/\/sso\.example\.net\)/u,
  },
};

export const parties = [openidClient, authlib, apache];

const PROFILE = (site) => `<meta charset="utf-8"><h1>Profile</h1>
<p id="name"><!--#echo var="OIDC_CLAIM_name" --></p><p id="sub"><!--#echo var="OIDC_CLAIM_sub" --></p>
<a href="/oidc/callback?logout=${encodeURIComponent(`${site}/`)}">Sign out</a>
`;

function apacheConfiguration(folder, { SITE, CLIENT_ID, CLIENT_SECRET }) {
  const modules = ["mpm_event", "authn_core", "authz_core", "authz_user", "dir", "include", "auth_openidc"];
  return `ServerRoot ${folder}
${modules.map((name) => `LoadModule ${name}_module ${APACHE_MODULES}/mod_${name}.so`).join("\n")}
Listen 127.0.0.1:${new URL(SITE).port}
ServerName localhost
PidFile run/apache.pid
DefaultRuntimeDir run
ErrorLog /dev/stderr
LogLevel auth_openidc:info
${process.getuid() === 0 ? "User www-data\nGroup www-data" : ""}
DocumentRoot ${folder}/site
DirectoryIndex index.shtml
<Directory ${folder}/site>
    Options +Includes
    ForceType text/html
    SetOutputFilter INCLUDES
    Require all granted
</Directory>
Define SSO ${world.issuer}
Define SITE ${SITE}
Define CLIENT_ID ${CLIENT_ID}
Define CLIENT_SECRET ${CLIENT_SECRET}
Define SESSION_SECRET ${randomBytes(32).toString("hex")}
Include ${join(INTEGRATE, "apache/openidc.conf")}
OIDCCABundlePath ${world.authority}
OIDCRefreshAccessTokenBeforeExpiry 3600
`;
}
