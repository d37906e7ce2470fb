// What people do from beginning to end, in a real browser: with a script and without, in both languages, with the back
// button, two tabs and two clicks. Every page on the way is held to its own content policy.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { openWindow } from "./browser.mjs";
import {
  agree,
  comeFrom,
  failTimes,
  fillIn,
  leaving,
  nobody,
  person,
  press,
  signInAt,
  signInAtHome,
  sites,
  submit,
} from "./steps.mjs";
import { world } from "./world.mjs";

const [ecpa, gcis] = sites();
const member = person("lin.meihui");

// One person's window; nothing it did may have been refused by a page's own policy.
function journey(name, walk, options) {
  test(name, async () => {
    const window = await openWindow(options);
    try {
      await walk(window.page, window);
      assert.deepEqual(window.faults, []);
    } finally {
      await window.close();
    }
  });
}

const text = (page, selector) => page.locator(selector).innerText();
const isAt = (page, site) => assert.equal(new URL(page.url()).origin, new URL(site).origin);

journey("one sign-in serves both sites, and signing out at the provider ends both", async (page) => {
  await page.goto(ecpa.url);
  await leaving(page, () => press(page, "sign-in"));
  await fillIn(page, member);
  await submit(page);
  await leaving(page, () => press(page, "consent-approve"));
  isAt(page, ecpa.url);
  assert.equal(await text(page, "#name"), member.name);

  await page.goto(gcis.url);
  await leaving(page, () => press(page, "sign-in"));
  assert.equal(await page.locator("#password").count(), 0, "the second site asks for a password");
  await agree(page);
  isAt(page, gcis.url);
  assert.equal(await text(page, "#name"), member.name);

  await page.goto(world.issuer);
  await leaving(page, () => press(page, "sign-out"));
  for (const site of [ecpa, gcis]) {
    await page.goto(site.url);
    await page.locator("#ended").waitFor();
  }
  await comeFrom(page, ecpa);
  await page.locator("#password").waitFor();
});

journey("each site knows the same person by another code", async (page) => {
  await signInAt(page, ecpa, member);
  const there = await text(page, "#sub");
  await comeFrom(page, gcis);
  await agree(page);
  const here = await text(page, "#sub");
  assert.notEqual(there, here);
});

journey("signing out at one site signs out of the provider and returns to that site", async (page) => {
  await signInAt(page, ecpa, member);
  await leaving(page, () => press(page, "sign-out"));
  await page.locator("#signed-out").waitFor();
  isAt(page, ecpa.url);
  await page.goto(world.issuer);
  await page.locator("#password").waitFor();
});

journey("who goes back arrives at the site, which says so calmly", async (page) => {
  await comeFrom(page, ecpa);
  await leaving(page, () => press(page, "cancel"));
  isAt(page, ecpa.url);
  assert.match(page.url(), /problem/u);
  await page.locator("#way-on").waitFor();
});

journey("who does not agree arrives at the site, and is asked again the next time", async (page) => {
  await comeFrom(page, ecpa, "?prompt=consent");
  await fillIn(page, member);
  await submit(page);
  await leaving(page, () => press(page, "consent-deny"));
  isAt(page, ecpa.url);
  await page.locator("#error").waitFor();
});

journey("a site may ask for the password again", async (page) => {
  await signInAt(page, ecpa, member);
  await leaving(page, () => press(page, "try-login"));
  await fillIn(page, member);
  await submit(page);
  await page.locator("#name").waitFor();

  await leaving(page, () => press(page, "try-none"));
  await page.locator("#name").waitFor();

  await sleep(2_100);
  await comeFrom(page, ecpa, "?max_age=1");
  await page.locator("#password").waitFor();
});

journey("a site shows the level of assurance, and its links ask for an age and for a higher level", async (page) => {
  const asked = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.pathname === "/authorize") asked.push(url.searchParams);
  });
  await signInAt(page, ecpa, member);
  assert.equal(await text(page, "#acr"), "urn:fuxin:assurance:1");

  for (const [link, name, value] of [
    ["try-max-age", "max_age", "60"],
    ["try-acr", "acr_values", "urn:fuxin:assurance:2"],
  ]) {
    await leaving(page, () => press(page, link));
    isAt(page, ecpa.url);
    assert.equal(asked.at(-1).get(name), value);
    // A password of a moment ago is young enough; more than it can give is told as it is.
    assert.equal(await text(page, "#acr"), "urn:fuxin:assurance:1");
    assert.equal(await text(page, "#name"), member.name);
  }
  assert.equal(asked.length, 3);
});

journey("a language that was chosen is kept through every step", async (page) => {
  await comeFrom(page, gcis, "?prompt=consent");
  const language = () => page.locator("html").getAttribute("lang");
  assert.equal(await language(), "zh-Hant-TW");
  await leaving(page, () => page.locator(".masthead nav a").click());
  assert.equal(await language(), "en");
  await fillIn(page, member);
  await submit(page);
  assert.equal(await language(), "en");
  await page.locator("#consent-approve").waitFor();
  await page.goto(world.issuer);
  assert.equal(await language(), "en");
});

for (const account of ["wu.shengxiang", "li.jie", "tu.xiuying", "wang.long", "zhang.xian"]) {
  const who = person(account);
  journey(`the name ${who.name} is shown as it is`, async (page) => {
    await comeFrom(page, ecpa, "?prompt=consent");
    await fillIn(page, who);
    await submit(page);
    assert.ok((await text(page, "main")).includes(who.name), "not on the consent page");
    await agree(page);
    assert.equal(await text(page, "#name"), who.name);
    await page.goto(world.issuer);
    assert.ok((await text(page, "h1")).includes(who.name), "not at home");
  });
}

for (const [account, code] of [
  ["tsai.guohua", "LGN-402"],
  ["liu.jiahao", "LGN-401"],
  ["zhou.yating", "LGN-403"],
]) {
  journey(`${person(account).case}: told why with the right password only`, async (page) => {
    await comeFrom(page, ecpa);
    await fillIn(page, person(account));
    await submit(page);
    assert.equal(await text(page, "#problem .code"), code);
    await fillIn(page, { account, password: "not the password" });
    await submit(page);
    assert.equal(await text(page, "#problem .code"), "LGN-101");
  });
}

journey("after three wrong passwords the browser solves the human check, and the right one signs in", async (page) => {
  const who = person("wu.shengxiang");
  await comeFrom(page, ecpa, "?prompt=consent");
  await failTimes(page, 3, { ...who, password: "not the password" });
  assert.equal(await text(page, "#problem .code"), "LGN-102");
  await fillIn(page, who);
  await submit(page);
  await page.locator("#consent-approve").waitFor();
});

journey(
  "without JavaScript: password, human check by waiting, consent, signing out",
  async (page) => {
    const who = person("li.jie");
    const wrong = { ...who, password: "not the password" };
    await comeFrom(page, gcis, "?prompt=consent");
    for (let time = 0; time < 3; time += 1) {
      await fillIn(page, wrong);
      await Promise.all([page.waitForEvent("domcontentloaded"), press(page, "login-submit")]);
    }
    await page.locator("#challenge-wait").waitFor();
    // The page reloads itself when the time is up, with the name that was typed.
    await page.locator("#challenge-status").waitFor({ timeout: 40_000 });
    assert.equal(await page.locator("#username").inputValue(), who.account);
    await page.locator("#password").fill(who.password);
    await press(page, "login-submit");
    await press(page, "consent-approve");
    assert.equal(await text(page, "#name"), who.name);
    await press(page, "sign-out");
    await page.locator("#signed-out").waitFor();
    await page.goto(world.issuer);
    await page.locator("#password").waitFor();
  },
  { javaScript: false },
);

journey("two clicks send a form once", async (page) => {
  let sent = 0;
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().startsWith(`${world.issuer}/sign-in`)) sent += 1;
  });
  await comeFrom(page, ecpa, "?prompt=consent");
  await fillIn(page, member);
  await leaving(page, () => page.locator("#login-submit").dblclick({ noWaitAfter: true }));
  await page.locator("#consent-approve").waitFor();
  assert.equal(sent, 1);
});

journey("the back button after a sign-in leads on, not into an error", async (page) => {
  await signInAt(page, ecpa, member, "?prompt=consent");
  await page.goBack();
  if (await page.locator("#consent-approve").count()) {
    await leaving(page, () => press(page, "consent-approve"));
  } else if (await page.locator("#username").count()) {
    await fillIn(page, member);
    await submit(page);
  }
  await page.locator("#continue, #name").first().waitFor();
  assert.equal(await page.locator("#error").count(), 0);
});

journey("two tabs of one browser each reach their site", async (page, { context }) => {
  const other = await context.newPage();
  await comeFrom(page, ecpa);
  await comeFrom(other, gcis);
  await fillIn(other, member);
  await submit(other);
  await agree(other);
  assert.equal(await text(other, "#name"), member.name);
  await fillIn(page, member);
  await submit(page);
  await agree(page);
  assert.equal(await text(page, "#name"), member.name);
  isAt(page, ecpa.url);
});

journey("a wrong name and a wrong password are told alike", async (page) => {
  const said = [];
  for (const who of [nobody(), { account: "chen.zhiming", password: "not the password" }]) {
    await comeFrom(page, ecpa);
    await fillIn(page, who);
    await submit(page);
    said.push(await text(page, "#problem"));
  }
  assert.equal(said[0], said[1]);
});

journey("who is signed in sees it at home", async (page) => {
  await signInAtHome(page, member);
  assert.ok((await text(page, "h1")).includes(member.name));
});
