// The change of an expired password, once, and what its owner is told. The demonstration has one such person, and
// pages.test.mjs, whose name sorts before this one, shows what that person sees before.

import assert from "node:assert/strict";
import { test } from "node:test";

import { openWindow } from "./browser.mjs";
import { agree, comeFrom, fillIn, leaving, person, press, signInAtHome, sites, submit } from "./steps.mjs";
import { world } from "./world.mjs";

const NEW_PASSWORD = "tea-and-rice-by-the-river";

test("an expired password is changed on the way, and the new one signs in", async () => {
  const who = person("huang.lizhu");
  const [first, second] = [await openWindow(), await openWindow()];
  try {
    const { page } = first;
    await comeFrom(page, sites()[0]);
    await fillIn(page, who);
    await submit(page);
    await page.locator("#password").fill(NEW_PASSWORD);
    await leaving(page, () => press(page, "change-password-submit"));
    await agree(page);
    assert.equal(await page.locator("#name").innerText(), who.name);

    await signInAtHome(second.page, { ...who, password: NEW_PASSWORD });
    await page.goto(world.description.outbox_url);
    const newest = page.locator(".letter").first();
    assert.equal(await newest.locator(".recipient").innerText(), `${who.account}@example.gov.tw`);
    const words = await newest.innerText();
    for (const part of ["【符信】您的密碼已變更", who.name, who.account, "臺北時間"]) assert.ok(words.includes(part), part);
    assert.ok(!words.includes(NEW_PASSWORD) && !words.includes("http"), "a notice has no secret and no link");

    assert.deepEqual([...first.faults, ...second.faults], []);
  } finally {
    await first.close();
    await second.close();
  }
});
