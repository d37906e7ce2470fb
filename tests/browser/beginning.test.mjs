// What a demonstration shows before anybody has done anything in it. The name of this file sorts before the others', and
// what they do fills the outbox.

import assert from "node:assert/strict";
import { test } from "node:test";

import { sweep } from "./axe.mjs";
import { openWindow } from "./browser.mjs";
import { emptyOutbox } from "./pages.mjs";
import { world } from "./world.mjs";

for (const [locale, language] of [
  ["zh-TW", "zh-Hant"],
  ["en-GB", "en"],
]) {
  test(`${emptyOutbox.state} (${language})`, async () => {
    const window = await openWindow({ locale });
    try {
      await emptyOutbox.open({ page: window.page, world });
      const faults = await sweep(window.page, language, emptyOutbox.state);
      assert.deepEqual([...faults, ...window.faults], []);
    } finally {
      await window.close();
    }
  });
}
