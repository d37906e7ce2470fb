// A site that signs people in with Fuxin by openid-client. Sessions are kept in memory here: use your own store.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { createRemoteJWKSet, jwtVerify } from "jose";
import * as oidc from "openid-client";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, SITE = "http://localhost:3000", PORT = new URL(SITE).port } = process.env;
const sessions = new Map();
let discovered;
let keys;

// Asked for when it is first needed, so that the site starts while the provider is away.
async function provider() {
  if (!discovered) {
    const found = await oidc.discovery(new URL(ISSUER), CLIENT_ID, undefined, oidc.ClientSecretBasic(CLIENT_SECRET));
    // Without this line the library trusts TLS and does not verify the signature of ID tokens.
    oidc.enableNonRepudiationChecks(found);
    discovered = found;
  }
  return discovered;
}

const pages = {
  "/": async () => ({ html: `<h1>Portal</h1><a id="sign-in" href="/profile">Sign in</a>` }),

  "/profile": async ({ session }) => {
    if (!session.tokens) return { to: "/sign-in?back=/profile" };
    const { name, sub } = await oidc.fetchUserInfo(await provider(), session.tokens.access_token, session.claims.sub);
    const links = `<a href="/refresh">Refresh</a> <a href="/sign-out">Sign out</a>`;
    return { html: `<h1>Profile</h1><p id="name">${escape(name)}</p><p id="sub">${escape(sub)}</p>${links}` };
  },

  "/sign-in": async ({ url, renew }) => {
    const verifier = oidc.randomPKCECodeVerifier();
    const checks = { pkceCodeVerifier: verifier, expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce() };
    // Back to a page of this site, and to no other.
    const back = new URL(url.searchParams.get("back") ?? "/profile", SITE);
    renew({ pending: { checks, back: back.origin === new URL(SITE).origin ? back.href : "/profile" } });
    const to = oidc.buildAuthorizationUrl(await provider(), {
      redirect_uri: `${SITE}/callback`,
      scope: "openid profile",
      state: checks.expectedState,
      nonce: checks.expectedNonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    });
    return { to };
  },

  "/callback": async ({ session, url, renew }) => {
    const { pending } = session;
    if (!pending) return { to: "/profile" };
    renew();
    const tokens = await oidc.authorizationCodeGrant(await provider(), url, pending.checks);
    renew({ tokens, claims: tokens.claims(), idToken: tokens.id_token });
    return { to: pending.back };
  },

  // Fuxin calls this when the person signs out elsewhere (back-channel logout).
  "/back-channel": async ({ form }) => {
    keys ??= createRemoteJWKSet(new URL((await provider()).serverMetadata().jwks_uri));
    const rules = { issuer: ISSUER, audience: CLIENT_ID, typ: "logout+jwt", requiredClaims: ["iat", "exp", "sid"] };
    const { payload } = await jwtVerify(form.get("logout_token") ?? "", keys, rules);
    if (!payload.events?.["http://schemas.openid.net/event/backchannel-logout"]) throw new Error("not a logout token");
    for (const [id, session] of sessions) if (session.claims?.sid === payload.sid) sessions.delete(id);
    return { status: 200 };
  },

  // For a web server in front that asks about each request (nginx: auth_request).
  "/check": async ({ session }) => session.tokens ? { status: 204, headers: { "x-sub": session.claims.sub } } : { status: 401 },

  "/refresh": async ({ session }) => {
    if (!session.tokens) return { to: "/profile" };
    session.tokens = await oidc.refreshTokenGrant(await provider(), session.tokens.refresh_token);
    return { to: "/profile" };
  },

  "/sign-out": async ({ session, renew }) => {
    const { idToken } = session;
    if (!idToken) return { to: "/" };
    renew();
    const question = { post_logout_redirect_uri: `${SITE}/`, id_token_hint: idToken };
    return { to: oidc.buildEndSessionUrl(await provider(), question) };
  },
};

const server = createServer(async (request, response) => {
  let id = /(?:^|; )site=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1];
  // A session begins under a new id when somebody signs in.
  const renew = (content) => {
    sessions.delete(id);
    if (!content) return;
    id = randomUUID();
    sessions.set(id, content);
    response.setHeader("set-cookie", `site=${id}; Path=/; HttpOnly; SameSite=Lax${SITE.startsWith("https") ? "; Secure" : ""}`);
  };
  try {
    const url = new URL(request.url, SITE);
    const form = request.method === "POST" ? await read(request) : undefined;
    const answer = await pages[url.pathname]?.({ session: sessions.get(id) ?? {}, url, form, renew });
    if (!answer) response.writeHead(404).end("No such page");
    else if (answer.to) response.writeHead(303, { location: String(answer.to) }).end();
    else if (answer.status) response.writeHead(answer.status, answer.headers).end();
    else response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(answer.html);
  } catch (error) {
    console.error(`${error.code ?? error.name}: ${error.message}`, error.cause ?? "");
    // Often the sign-in has ended: the next try begins anew.
    sessions.delete(id);
    response.writeHead(request.method === "POST" ? 400 : 502).end("That did not work");
  }
});
server.listen(PORT, "127.0.0.1");

async function read(request) {
  let text = "";
  for await (const part of request) if ((text += part).length > 10_000) throw new Error("too long");
  return new URLSearchParams(text);
}

function escape(text = "") {
  return text.replace(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`);
}
