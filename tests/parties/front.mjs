// What stands between the provider and everybody else: it ends TLS, as a proxy of a deployment does, notes the answers of
// the token endpoint, and changes answers on their way when a test says so. A relying party must find the change.

import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { request as ask } from "node:http";
import { createServer } from "node:https";

export class Front {
  // The form and the answer of each request to the token endpoint since `forget`.
  exchanges = [];
  #server;
  #upstream;
  #change;

  // `certificate`: { key, cert } in PEM. `upstream`: the port of the provider, in plain HTTP.
  static async start(port, upstream, certificate) {
    const front = new Front();
    front.#upstream = upstream;
    front.#server = createServer(certificate, (request, response) =>
      front.#pass(request, response).catch((error) => response.writeHead(502).end(error.message)),
    );
    await once(front.#server.listen(port, "127.0.0.1"), "listening");
    return front;
  }

  // From now on every JSON answer goes through `change(path, body)`, which returns what is sent instead.
  change(change) {
    this.#change = change;
  }

  forget() {
    this.#change = undefined;
    this.exchanges.length = 0;
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #pass(request, response) {
    const sent = await whole(request);
    const { method, url: path, headers } = request;
    const onward = ask({ host: "127.0.0.1", port: this.#upstream, method, path, headers });
    onward.end(sent);
    const [answer] = await once(onward, "response");
    let body = await whole(answer);
    const answered = { ...answer.headers };
    if (answered["content-type"]?.startsWith("application/json")) {
      const { pathname } = new URL(path, "https://localhost");
      let json = JSON.parse(body);
      if (pathname === "/token") {
        const form = Object.fromEntries(new URLSearchParams(sent.toString()));
        this.exchanges.push({ form, status: answer.statusCode, answer: json });
      }
      if (this.#change) {
        json = this.#change(pathname, json);
        body = Buffer.from(JSON.stringify(json));
        answered["content-length"] = String(body.length);
      }
    }
    response.writeHead(answer.statusCode, answered).end(body);
  }
}

async function whole(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

// Another bit in the middle of the signature of each ID token.
export function otherSignature(path, body) {
  if (!body.id_token) return body;
  const [header, claims, signature] = body.id_token.split(".");
  const bytes = Buffer.from(signature, "base64url");
  bytes[bytes.length >> 1] ^= 1;
  return { ...body, id_token: [header, claims, bytes.toString("base64url")].join(".") };
}

// A higher assurance level in the claims of each ID token, under the old signature.
export function otherClaim(path, body) {
  if (!body.id_token) return body;
  const [header, claims, signature] = body.id_token.split(".");
  const changed = { ...JSON.parse(Buffer.from(claims, "base64url")), acr: "urn:fuxin:assurance:9" };
  return { ...body, id_token: [header, encode(changed), signature].join(".") };
}

// A discovery document that belongs to somebody else.
export function otherDiscovery(path, body) {
  if (!path.startsWith("/.well-known/")) return body;
  return { ...body, issuer: "https://sso.example.net" };
}

// Signs every ID token anew, with a key of its own that it also publishes, after `edit` has seen the claims. With an edit
// that changes nothing a relying party has nothing to complain of: what it refuses after another is that edit alone.
export function signedAnew(edit) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = publicKey.export({ format: "jwk" });
  const kid = createHash("sha256").update(jwk.x).digest("base64url");
  return (path, body) => {
    if (path === "/jwks") return { keys: [{ ...jwk, kid, alg: "ES256", use: "sig" }] };
    if (!body.id_token) return body;
    const [header, claims] = body.id_token.split(".").map((part) => Buffer.from(part, "base64url").toString());
    const signed = `${encode({ ...JSON.parse(header), kid, alg: "ES256" })}.${encode(edit(JSON.parse(claims)))}`;
    const signature = sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" });
    return { ...body, id_token: `${signed}.${signature.toString("base64url")}` };
  };
}

function encode(value) {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
