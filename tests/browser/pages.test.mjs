// Each page of the provider and of the demonstration, in each of its states, in both languages, narrow and wide, light
// and dark: nothing for axe to find.

import assert from "node:assert/strict";
import { test } from "node:test";

import { sweep } from "./axe.mjs";
import { openWindow } from "./browser.mjs";
import { emptyOutbox, pages, pagesOfDemonstration } from "./pages.mjs";
import { Walk } from "./walk.mjs";
import { world } from "./world.mjs";

// What the browser asks for, and what the page must then say of itself.
const LANGUAGES = [
  { locale: "zh-TW", language: "zh-Hant" },
  { locale: "en-GB", language: "en" },
];

const walk = new Walk(world.routes, world.issuer);
// The codes that pages showed.
const codes = new Set();

// Where the demonstration has pages of its own.
const { outbox_url: outbox, relying_parties: sites } = world.description;
const others = [outbox, ...sites.map(({ url }) => url)];

for (const entry of [...pages, ...pagesOfDemonstration]) {
  const { state, open, provider: other } = entry;
  for (const { locale, language } of LANGUAGES) {
    test(`${state} (${language})`, async () => {
      const provider = (await other?.()) ?? world;
      const window = await openWindow({ locale });
      try {
        const checked = walk.follow(window.page, provider.issuer);
        await open({ page: window.page, world, provider, locale });
        for (const code of await window.page.locator("#problem .code, .read-out a.code").allInnerTexts()) {
          codes.add(code);
        }
        const { origin } = new URL(window.page.url());
        const isThere = pagesOfDemonstration.includes(entry) ? others.includes(origin) : checked();
        assert.ok(isThere, `${window.page.url()} is another's page`);
        const faults = await sweep(window.page, language, state);
        assert.deepEqual([...faults, ...window.faults], []);
      } finally {
        await window.close();
      }
    });
  }
}

test("no page is without an entry", () => {
  assert.ok(world.routes.some((route) => route.group === "page"), "the provider has no pages");
  assert.deepEqual(walk.unwalked(), []);
});

// The help page lists every state that a person may be told of.
test("no code is without an entry", async () => {
  const window = await openWindow();
  await window.page.goto(`${world.issuer}/help`);
  const listed = await window.page.locator("tbody th.code").allInnerTexts();
  await window.close();
  assert.ok(listed.length > 0, "the help page lists no code");
  assert.deepEqual(listed.filter((code) => !codes.has(code)), []);
});

test("no two entries have the same name", () => {
  const states = [emptyOutbox, ...pages, ...pagesOfDemonstration].map((entry) => entry.state);
  assert.equal(new Set(states).size, states.length);
});
