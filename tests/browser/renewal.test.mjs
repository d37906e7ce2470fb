// The change of an expired password, once: the demonstration has one such person, and pages.test.mjs, whose name sorts
// before this one, shows what that person sees before.

import assert from "node:assert/strict";
import { test } from "node:test";

import { openWindow } from "./browser.mjs";
import { agree, comeFrom, fillIn, leaving, person, press, signInAtHome, sites, submit } from "./steps.mjs";

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
    assert.deepEqual([...first.faults, ...second.faults], []);
  } finally {
    await first.close();
    await second.close();
  }
});
