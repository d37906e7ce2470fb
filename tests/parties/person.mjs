// The person at the browser: signs in at the provider and agrees. One Chromium; each person has a window of their own.

import { createRequire } from "node:module";
import { join } from "node:path";

import { PERSON, world } from "./world.mjs";

const modules = process.env.FUXIN_NODE_MODULES;
if (!modules) throw new Error("FUXIN_NODE_MODULES is not set: start these tests with `tests/parties/run`");
const { chromium } = createRequire(join(modules, "parties.cjs"))("playwright-core");

const QUIET = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-gpu",
  "--disable-quic",
  "--disable-sync",
  "--no-first-run",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
];

let running;

export async function closeBrowser() {
  await (await running)?.close();
}

// A page in a window without any cookie. The parties verify the provider's certificate themselves; the browser, which
// has no list of authorities to add to, takes it as it is.
export async function newcomer() {
  running ??= chromium.launch({ executablePath: process.env.FUXIN_CHROMIUM ?? "/usr/bin/chromium", args: QUIET });
  const context = await (await running).newContext({ locale: "zh-TW", ignoreHTTPSErrors: true });
  context.setDefaultTimeout(15_000);
  return context.newPage();
}

// Opens a page behind a login, and does what the provider asks for until it sends the person back.
export async function signIn(page, url) {
  await page.goto(url);
  await enterPassword(page);
}

export async function enterPassword(page) {
  await page.locator("#username").fill(PERSON.account);
  await page.locator("#password").fill(PERSON.password);
  await page.locator("#login-submit").click();
  const arrived = (to) => !to.href.startsWith(world.issuer);
  // The first time, what the site will get has to be agreed to.
  const consent = page.locator("#consent-approve");
  await Promise.race([page.waitForURL(arrived), consent.waitFor()]);
  if (await consent.isVisible().catch(() => false)) {
    await consent.click();
    await page.waitForURL(arrived);
  }
}

// Whether this page is the provider's question for a password.
export async function isAskedForPassword(page) {
  return page.url().startsWith(world.issuer) && (await page.locator("#password").isVisible());
}
