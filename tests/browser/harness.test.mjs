// The tests' own eyes: planted defects are seen, a good page is not complained about.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { findings, sweep } from "./axe.mjs";
import { closeBrowser, openWindow } from "./browser.mjs";
import { Walk } from "./walk.mjs";
import { secretsIn } from "./world.mjs";

const GOOD = `<!doctype html><html lang="zh-Hant"><meta charset="utf-8"><title>登入</title>
<meta name="viewport" content="width=device-width">
<main><h1>登入</h1><form><label for="a">帳號</label> <input id="a" type="text"></form></main></html>`;

const PAGES = {
  "/good": GOOD,
  "/unlabelled": GOOD.replace('<label for="a">帳號</label>', "帳號"),
  "/pale": GOOD.replace("<form>", '<p style="color:#aaa">您已登入</p><form>'),
  "/pale-when-dark": GOOD.replace(
    "</title>",
    "</title><style>@media (prefers-color-scheme: dark) { body { background: #222; color: #333 } }</style>",
  ),
  "/wide": GOOD.replace("<form>", '<p style="width:500px">很寬</p><form>'),
  "/no-heading": GOOD.replace("<h1>登入</h1>", ""),
  "/lost": GOOD.replace("帳號", "帳\u{fffd}"),
  "/foreign": GOOD.replace("<form>", '<img alt="" src="http://fuxin.invalid/pixel"><form>'),
  "/missing": GOOD.replace("<form>", '<img alt="" src="/nowhere.png"><form>'),
  "/noisy": GOOD.replace("<form>", '<script>console.error("oh")</script><form>'),
};

let server;
let address;

before(async () => {
  server = createServer((request, response) => {
    const policy = request.url === "/strict" ? { "content-security-policy": "default-src 'none'" } : {};
    if (request.url === "/old") return response.writeHead(303, { location: "/good" }).end();
    const body = request.url === "/strict" ? GOOD : PAGES[request.url];
    response.writeHead(body ? 200 : 404, { "content-type": "text/html; charset=utf-8", ...policy });
    return response.end(body);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  address = `http://127.0.0.1:${server.address().port}`;
});

after(async () => {
  await closeBrowser();
  server.closeAllConnections();
  server.close();
});

async function look(path, action) {
  const window = await openWindow();
  try {
    await window.page.goto(address + path);
    return await action(window);
  } finally {
    await window.close();
  }
}

for (const path of ["/good", "/strict"]) {
  test(`nothing is found on a good page: ${path}`, async () => {
    const found = await look(path, async ({ page, faults }) => [...(await sweep(page, "zh-Hant", path)), ...faults]);
    assert.deepEqual(found, []);
  });
}

for (const [path, sign] of [
  ["/unlabelled", /^320 px, light: label: /u],
  ["/pale", /^320 px, light: color-contrast: /u],
  ["/pale-when-dark", /^320 px, dark: color-contrast: /u],
  ["/wide", /^320 px, light: \d+ px wider/u],
  ["/no-heading", /0 first-level headings/u],
  ["/lost", /U\+FFFD/u],
]) {
  test(`a planted defect is found: ${path}`, async () => {
    const found = await look(path, ({ page }) => sweep(page, "zh-Hant", path));
    assert.match(found[0] ?? "nothing", sign);
  });
}

test("a page in the other language is found", async () => {
  assert.match((await look("/good", ({ page }) => findings(page, "en")))[0], /lang is "zh-Hant", not en/u);
});

for (const [path, sign] of [
  ["/foreign", /foreign address/u],
  ["/missing", /nowhere\.png: 404/u],
  ["/noisy", /console error/u],
]) {
  test(`what a page does wrong is noted: ${path}`, async () => {
    const faults = await look(path, ({ page, faults }) => page.waitForLoadState("networkidle").then(() => faults));
    assert.match(faults.join("\n"), sign);
  });
}

test("a route that no entry reaches, and a page that none ends at, are found", async () => {
  const routes = [
    { method: "GET", path: "/good", group: "page" },
    { method: "GET", path: "/{name}", group: "page" },
    { method: "POST", path: "/wide", group: "page" },
    { method: "GET", path: "/jwks", group: "open" },
  ];
  const walk = new Walk(routes, address);
  const window = await openWindow();
  const checked = walk.follow(window.page);
  await window.page.goto(`${address}/wide`);
  await window.page.goto(`${address}/old`);
  assert.equal(checked(), "GET /good");
  await window.close();
  assert.deepEqual(walk.unwalked(), [
    "POST /wide: no entry of pages.mjs leads here",
    "GET /{name}: shows a page that no entry of pages.mjs ends at",
  ]);
});

test("a secret, a token and personal data in the log are found", () => {
  const description = {
    people: [{ account: "amy.wu", name: "吳小美", password: "tea-and-rice" }],
    relying_parties: [{ client_secret: "s1" }],
    service_clients: [],
  };
  for (const planted of [
    "tea-and-rice",
    "amy.wu",
    "吳小美",
    "s1",
    "1968-03-12",
    "fxa_R5OZVXcnM4b0m9wq0zYx",
    "rpsession_R5OZVXcnM4b0m9wq0zYx",
    "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln",
    "somebody@mail.example.tw",
    "+886912345678",
  ]) {
    assert.deepEqual(secretsIn(`request told=${planted} 200`, description), [`the log holds ${planted}`]);
  }
  const harmless = "1970-01-01T00:00:00Z INFO request request.id=01890a5d-ac96-774b-bcce-b302099a8057 fxa_short @ 200";
  assert.deepEqual(secretsIn(harmless, description), []);
});
