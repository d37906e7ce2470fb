// The person at a real browser: one Chromium, and for each module a context of its own (no cookie, no history).
//
// Goes where a module sends it, signs in, consents, signs out, and stops where it is told to, so that the page can be
// looked at. It knows the provider's pages by the ids of their buttons alone. A page of the provider that breaks its
// own content policy is a fault of the run: the suite's own browser would never notice.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ANSWERS = { signIn: "#login-submit", consent: "#consent-approve", signOut: "#logout-confirm" };
const STEPS = 12;
const PATIENCE = 20_000;
// A page without a question may be on its way to the next one: a form that submits itself, frames that load.
const A_MOMENT = 1_500;
const PICTURE_LIMIT = 500 * 1024;

export async function launch({ modules, executable, hosts }) {
  const require = createRequire(modules ? join(modules, "conformance.cjs") : import.meta.url);
  const { chromium } = require("playwright-core");
  const excluded = [...hosts].map((host) => `EXCLUDE ${host}`).join(", ");
  const options = {
    executablePath: executable,
    args: [
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-gpu",
      "--disable-quic",
      "--disable-sync",
      "--no-first-run",
      // The suite's pages ask for fonts and styles from elsewhere.
      `--host-resolver-rules=MAP * ~NOTFOUND, ${excluded}`,
    ],
  };
  const browser = await chromium.launch(options);
  const profiles = [];
  return {
    newContext: (settings) => browser.newContext(settings),
    // The same with a profile in which the person has allowed third-party cookies: session management is made of them.
    async newContextWithThirdPartyCookies(settings) {
      const profile = await mkdtemp(join(tmpdir(), "conformance-"));
      profiles.push(profile);
      await mkdir(join(profile, "Default"));
      await writeFile(join(profile, "Default", "Preferences"), '{"profile":{"cookie_controls_mode":0}}');
      return chromium.launchPersistentContext(profile, { ...options, ...settings });
    },
    async close() {
      await browser.close();
      for (const profile of profiles) await rm(profile, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

export class Person {
  #world;
  #context;
  faults = [];

  constructor(world) {
    this.#world = world;
  }

  // Visits an address until the client is reached, or the page that `until` names: "sign-in", or "page" for one of the
  // provider's that asks nothing (an error, the end of a sign-out). Answers the page.
  async visit({ url, method }, until) {
    const page = await this.#newPage();
    if (method === "POST") await submit(page, url);
    else await page.goto(url, { waitUntil: "load" });
    return this.walk(page, until);
  }

  // Goes on from a page on which `visit` stopped.
  async walk(page, until) {
    for (let step = 0; step < STEPS; step += 1) {
      const at = await this.#whereIs(page, until);
      if (at === "client") {
        await this.#settled(page);
        if (until) throw new Error(`the provider went on to ${page.url()} instead of showing a page (${until})`);
        return page;
      }
      if (at === "page") {
        if (until === "page") return page;
        throw new Error(`stopped at ${page.url()}: ${await heading(page)}`);
      }
      if (at === "signIn" && until === "sign-in") return page;
      const before = page.url();
      await this.#answer(page, at);
      await page.waitForLoadState("load");
      if (at === "signIn" && page.url() === before && (await isShown(page, ANSWERS.signIn))) {
        throw new Error(`the sign-in was refused: ${await heading(page)}`);
      }
    }
    throw new Error(`still at ${page.url()} after ${STEPS} steps`);
  }

  async close() {
    await this.#context?.close();
  }

  async #newPage() {
    this.#context ??= await this.#newContext();
    const page = await this.#context.newPage();
    page.on("console", (message) => {
      // Some violations name no place. The suite's pages have policies of their own.
      const foreign = message.location().url.startsWith(this.#world.suiteUrl);
      if (!foreign && /content security policy/i.test(message.text())) {
        this.faults.push(`a page breaks its content policy: ${message.text().slice(0, 300)}`);
      }
    });
    return page;
  }

  async #newContext() {
    const settings = {
      // English pages: those who review the pictures read them.
      locale: "en-GB",
      ignoreHTTPSErrors: this.#world.ownTrust,
      viewport: { width: 1024, height: 800 },
      reducedMotion: "reduce",
    };
    const { browser, thirdPartyCookies } = this.#world;
    const context = thirdPartyCookies
      ? await browser.newContextWithThirdPartyCookies(settings)
      : await browser.newContext(settings);
    context.setDefaultTimeout(PATIENCE);
    // Where the suite's page leads a person who watches: nothing to wait for.
    await context.route(`${this.#world.suiteUrl}/log-detail.html*`, (route) => route.abort());
    return context;
  }

  async #whereIs(page, until) {
    for (const deadline = Date.now() + PATIENCE; ; ) {
      await page.waitForLoadState("load");
      // It may leave while it is asked: what is said below is said of this address.
      const before = page.url();
      if (before.startsWith(`${this.#world.suiteUrl}/`)) return "client";
      for (const [question, button] of Object.entries(ANSWERS)) if (await isShown(page, button)) return question;
      // The suite looks for pictures less and less often: the sooner one is there, the sooner the module ends.
      if (until === "page" && !(await isOnItsWay(page)) && page.url() === before) return "page";
      const moved = await page.waitForURL((url) => url.href !== before, { timeout: A_MOMENT }).then(
        () => true,
        () => false,
      );
      const stays = !moved && (!(await isOnItsWay(page)) || Date.now() > deadline);
      if (stays && page.url() === before) return "page";
    }
  }

  async #answer(page, question) {
    if (question === "signIn") {
      await page.fill("#username", this.#world.account);
      await page.fill("#password", this.#world.password);
    }
    await Promise.all([page.waitForEvent("framenavigated"), page.click(ANSWERS[question])]);
  }

  // The suite's page is there. It hands the answer on by itself: its window stays open until the module ends.
  async #settled(page) {
    const done = /\/(second_)?session_verify$/.test(page.url())
      ? page.waitForURL(/\/(second_)?session_result/)
      : page.waitForSelector("#complete", { state: "attached" });
    await done.catch(() => undefined);
  }
}

// What a page shows that a module wants a picture of. Answers what is wrong, or undefined.
export async function wrongOnPage(page, { text, see }) {
  const shown = await page.locator("body").innerText();
  if (!shown.includes(text)) return `the page does not say "${text}", but: ${await heading(page)}`;
  for (const selector of see ?? []) {
    const whole = await page
      .locator(selector)
      .evaluateAll((all) => all.some((one) => one.checkVisibility() && (one.naturalWidth ?? 1) > 0));
    if (!whole) return `the page does not show ${selector}`;
  }
  return undefined;
}

// A picture as the suite takes it: a data URL of at most 500 KiB.
export async function picture(page) {
  const png = await page.screenshot({ fullPage: true });
  if (png.length <= PICTURE_LIMIT) return `data:image/png;base64,${png.toString("base64")}`;
  const jpeg = await page.screenshot({ type: "jpeg", quality: 60 });
  return `data:image/jpeg;base64,${jpeg.toString("base64")}`;
}

// Sends an authorization request as a form, as a client's page would.
async function submit(page, url) {
  const target = new URL(url);
  const fields = [...target.searchParams];
  target.search = "";
  await page.evaluate(
    ([action, pairs]) => {
      const form = document.createElement("form");
      form.method = "post";
      form.action = action;
      for (const [name, value] of pairs) {
        const input = document.createElement("input");
        input.type = "hidden";
        input.name = name;
        input.value = value;
        form.append(input);
      }
      document.body.append(form);
      form.submit();
    },
    [target.href, fields],
  );
  await page.waitForURL((at) => at.href !== "about:blank");
}

async function isShown(page, selector) {
  return page.locator(selector).first().isVisible().catch(() => false);
}

async function isOnItsWay(page) {
  return (await page.locator("#form-post, iframe").count().catch(() => 0)) > 0;
}

async function heading(page) {
  const first = page.locator("h1").first();
  return (await first.count()) > 0 ? (await first.innerText()).trim() : `a page without a heading at ${page.url()}`;
}
