// The script of the frame that agencies' pages ask whether the sign-in has changed, by itself: its own SHA-256 against
// Node's, at every length of text around the ends of blocks, and what it answers to whom.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import vm from "node:vm";

const script = await readFile(new URL("../../static/check-session.js", import.meta.url), "utf8");
const origin = "https://rp.test:8443";

// A frame in a browser with these cookies: what it answers to a message, and for which origin the answer is.
function frame(cookie) {
  let listener;
  const window = { addEventListener: (_, added) => (listener = added) };
  const body = { getAttribute: () => "__Host-fuxin-state" };
  vm.runInNewContext(script, { window, document: { body, cookie } });
  return (data, from = origin, by = "another page") => {
    let answer;
    const page = { postMessage: (text, target) => (answer = [text, target]) };
    const source = { "another page": page, itself: Object.assign(window, page), nobody: null }[by];
    listener({ data, origin: from, source });
    return answer;
  };
}

const told = (state, salt) =>
  `client ${createHash("sha256").update(`client ${origin} ${state} ${salt}`).digest("hex")}.${salt}`;

test("the frame computes what the provider told, whatever its length", () => {
  const ask = frame("a=1; __Host-fuxin-state=abc; b=2");
  for (let length = 1; length < 130; length += 1) {
    assert.deepEqual(ask(told("abc", "s".repeat(length))), ["unchanged", origin], `${length}`);
  }
});

// A-BRW-06: a page of another origin is told nothing by the answer.
test("another state, client, page or no cookie is a change", () => {
  const question = told("abc", "salt");
  const ask = frame("__Host-fuxin-state=abc");
  assert.equal(ask(question)[0], "unchanged");
  assert.equal(frame("__Host-fuxin-state=xyz")(question)[0], "changed");
  assert.equal(frame("")(question)[0], "changed");
  // Everybody can make this hash: it must not tell that there is no state.
  assert.equal(frame("")(told("", "salt"))[0], "changed");
  assert.equal(ask(question.replace("client", "other"))[0], "changed");
  assert.deepEqual(ask(question, "https://evil.test"), ["changed", "https://evil.test"]);
});

test("what is no question is an error, and a page without an origin gets no answer", () => {
  const ask = frame("__Host-fuxin-state=abc");
  for (const question of ["", "client", "client abc.salt", "client  x.y", { client: 1 }, null, undefined, 7]) {
    assert.deepEqual(ask(question), ["error", origin], String(question));
  }
  assert.equal(ask(told("abc", "salt"), "null"), undefined);
});

test("the frame answers neither itself nor a page that is gone", () => {
  const ask = frame("__Host-fuxin-state=abc");
  assert.deepEqual(ask(told("abc", "salt"), origin, "another page"), ["unchanged", origin]);
  for (const by of ["itself", "nobody"]) assert.equal(ask(told("abc", "salt"), origin, by), undefined, by);
});
