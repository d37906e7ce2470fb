// The suite's REST interface: what the driver asks of it, and nothing else.
//
// One request, one connection: a run takes longer than any keep-alive of a front, and a request that dies on a reused
// connection would look like a fault of the provider.

import { Agent, request } from "node:https";

const PATIENCE = 120_000;

// Asks over TLS, trusting `ca` (PEM) besides nothing else where it is given. Answers { status, body: Buffer }.
export function ask(url, { method = "GET", headers = {}, body, ca } = {}) {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent: new Agent({ keepAlive: false, ca }) }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => resolve({ status: answer.statusCode, body: Buffer.concat(parts) }));
      answer.on("error", reject);
    });
    asked.setTimeout(PATIENCE, () => asked.destroy(new Error(`no answer from ${url} in ${PATIENCE / 1000} s`)));
    asked.on("error", reject);
    asked.end(body);
  });
}

export class Suite {
  #url;
  #ca;
  #token;

  constructor({ url, ca, token }) {
    this.#url = url;
    this.#ca = ca;
    this.#token = token;
  }

  // Version and commit of the suite itself.
  server() {
    return this.#json("GET", "/api/server");
  }

  async planNames() {
    return new Set((await this.#json("GET", "/api/plan/available")).map((plan) => plan.planName));
  }

  // Answers { id, modules: [{ testModule, variant }] }.
  createPlan(planName, variant, configuration) {
    return this.#json("POST", "/api/plan", { planName, variant: JSON.stringify(variant) }, JSON.stringify(configuration));
  }

  async createModule(test, plan, variant) {
    const created = await this.#json("POST", "/api/runner", { test, plan, variant: JSON.stringify(variant ?? {}) });
    return created.id;
  }

  startModule(id) {
    return this.#json("POST", `/api/runner/${id}`);
  }

  // Ends a module that is still running; one that ended by itself in the meantime is no fault.
  async cancelModule(id) {
    await this.#send("DELETE", `/api/runner/${id}`);
  }

  // The state that was reached, or undefined when the time is up. The suite waits 30 s at most.
  async waitFor(id, states, milliseconds) {
    const path = `/api/runner/${id}/wait-state`;
    const { status, body } = await this.#send("GET", path, { states: states.join(","), timeoutMs: milliseconds });
    // An unknown module is one that the suite has put away: its record says how it ended.
    if (status === 404) return (await this.info(id)).status;
    return parsed("GET", path, status, body).state;
  }

  // The addresses that a module wants visited: [{ url, method }].
  async visits(id) {
    const path = `/api/runner/${id}`;
    const { status, body } = await this.#send("GET", path);
    if (status === 404) return [];
    const browser = parsed("GET", path, status, body).browser;
    return browser?.urlsWithMethod ?? [];
  }

  async visited(id, url) {
    await this.#send("POST", `/api/runner/browser/${id}/visit`, { url });
  }

  info(id) {
    return this.#json("GET", `/api/info/${id}`);
  }

  log(id) {
    return this.#json("GET", `/api/log/${id}`);
  }

  // The slots that still wait for a picture.
  async openSlots(id) {
    const images = await this.#json("GET", `/api/log/${id}/images`);
    return images.map((image) => image.upload).filter((slot) => slot !== undefined);
  }

  async upload(id, slot, picture) {
    const path = `/api/log/${id}/images/${slot}`;
    const { status, body } = await this.#send("POST", path, {}, picture, "text/plain");
    if (status !== 200) throw new Error(`the suite refused the picture: ${status} ${body.toString().slice(0, 200)}`);
  }

  // The signed archive of a plan.
  async exportPlan(id) {
    const { status, body } = await this.#send("GET", `/api/plan/export/${id}`);
    if (status !== 200) throw new Error(`the suite refused to export plan ${id}: ${status}`);
    return body;
  }

  async #json(method, path, query, body) {
    const answer = await this.#send(method, path, query, body);
    return parsed(method, path, answer.status, answer.body);
  }

  #send(method, path, query = {}, body = undefined, type = "application/json") {
    const url = new URL(path, this.#url);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const headers = { accept: "application/json, */*" };
    if (method === "POST") headers["content-type"] = type;
    if (this.#token) headers.authorization = `Bearer ${this.#token}`;
    return ask(url, { method, headers, body, ca: this.#ca });
  }
}

function parsed(method, path, status, body) {
  if (status < 200 || status > 299) {
    throw new Error(`the suite answers ${method} ${path} with ${status}: ${body.toString().slice(0, 300)}`);
  }
  return body.length === 0 ? {} : JSON.parse(body.toString());
}
