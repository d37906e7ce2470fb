// Every page that people see, in every state it has: how a browser gets there. The test beside this file shows each to
// axe, and fails for a route that none of these entries reaches.
//
// An entry: { state, open, provider }. `state` is its name, unique. `open({ page, world, provider })` brings
// the page into the state, as a person would; the document that is shown when it returns is the one that is checked.
// `provider` gives another provider than the demonstration: that of trouble.mjs, for what a healthy one never shows.

import { setTimeout as sleep } from "node:timers/promises";

import {
  agree,
  comeFrom,
  failTimes,
  fillIn,
  leaving,
  nobody,
  person,
  post,
  press,
  request,
  sendAnyway,
  signInAt,
  signInAtHome,
  sites,
  submit,
} from "./steps.mjs";
import { DISABLE_AFTER, trouble } from "./trouble.mjs";

const member = () => person("lin.meihui");
const ecpa = () => sites()[0];

// What a sign-in with these words is answered.
function answered(state, who) {
  return {
    state: `sign-in, ${state}`,
    async open({ page }) {
      await comeFrom(page, ecpa());
      await fillIn(page, who());
      await submit(page);
    },
  };
}

// A name whose sign-in is paused. One is enough: all failures here come from one address, and after fifty of them the
// provider asks everybody there for a human check.
let paused;

async function meetPause(page) {
  await comeFrom(page, ecpa());
  if (!paused) {
    paused = nobody();
    await failTimes(page, 5, paused);
  }
  await failTimes(page, 1, paused);
}

// What a new password is answered, where the old one has expired.
function renewed(state, password) {
  return {
    state: `change of an expired password, ${state}`,
    async open({ page }) {
      await comeFrom(page, ecpa());
      await fillIn(page, person("huang.lizhu"));
      await submit(page);
      await page.locator("#password").fill(password());
      await leaving(page, () => press(page, "change-password-submit"));
    },
  };
}

// A fresh sign-in for a name whose next try needs the human check, which is solved by the time this returns.
// At the provider in trouble, an hour later each time: too many failures of one address within a while would have all be
// checked.
async function meetCheck(page, provider) {
  const who = nobody();
  await provider.wait(60);
  await comeToTrouble(page, provider);
  await failTimes(page, 3, who);
  await page.locator("#challenge-status.done").waitFor();
  return who;
}

// Shows from now on what a browser without JavaScript shows, in one that has it: axe cannot run without. Only what the
// page would do by itself after a time, it does not.
async function withoutScripts(page) {
  const changed = (text) =>
    text.replace(/<\/?noscript>|<meta http-equiv="refresh"[^>]*>/gu, "").replace("(scripting: none)", "all");
  await page.route("**/*", async (route) => {
    if (route.request().resourceType() === "script") {
      return route.fulfill({ contentType: "text/javascript", body: "" });
    }
    const response = await route.fetch({ maxRedirects: 0 });
    return route.fulfill({ response, body: changed(await response.text()) });
  });
}

// The sign-in page of the provider in trouble, for its agency.
const comeToTrouble = (page, { issuer, site }) => page.goto(request({}, site, issuer));

// A name whose password was switched off: so many failures, through all pauses.
let switchedOff;

async function meetSwitchedOff(page, provider) {
  switchedOff ??= nobody();
  for (let time = 0; time <= DISABLE_AFTER; time += 1) {
    await comeToTrouble(page, provider);
    await failTimes(page, 1, switchedOff);
    const code = () => page.locator("#problem .code").innerText();
    // A page that was not shown the human check before asks for it now.
    if ((await code()) === "LGN-201") await failTimes(page, 1, switchedOff);
    if ((await code()) === "LGN-302") return;
    if ((await code()) === "LGN-103") await provider.wait(16);
  }
}

// The sign-in page of the provider in trouble, filled in.
async function readyToSignIn(page, provider) {
  await comeToTrouble(page, provider);
  await fillIn(page, nobody());
}

// The page at an address.
function at(state, address) {
  return { state, open: ({ page, world }) => page.goto(new URL(address(), world.issuer).href) };
}

// The answer that a page sends by itself would leave the page at once.
async function holdAnswer(page) {
  await page.route(`${ecpa().url}/callback*`, (route) => route.fulfill({ status: 204 }));
}

// The demonstration's outbox and its agency sites are no pages of the provider: no route leads there, so the walk does
// not ask for them. Empty the outbox is only before anybody was told anything, which beginning.test.mjs, whose name sorts
// first, looks after.
export const emptyOutbox = {
  state: "outbox, empty",
  async open({ page, world }) {
    await page.goto(world.description.outbox_url);
    await page.locator("#empty").waitFor();
  },
};

const fullOutbox = {
  state: "outbox, with a message",
  async open({ page, world }) {
    await page.goto(world.description.outbox_url);
    if (!(await page.locator(".letter").count())) {
      const who = person("wu.shengxiang");
      await comeFrom(page, ecpa());
      await failTimes(page, 3, { ...who, password: "not the password" });
      await fillIn(page, who);
      await submit(page);
      await page.goto(world.description.outbox_url);
    }
    await page.locator(".letter").first().waitFor();
  },
};

// Every page of a site: each site has another colour.
function pagesOfSite(nth) {
  const site = () => sites()[nth];
  const entry = (state, open) => ({ state: `site ${nth + 1}, ${state}`, open });
  return [
    entry("welcome", ({ page }) => page.goto(site().url)),
    entry("signed in, every claim", ({ page }) => signInAt(page, site(), member())),
    entry("signed in, official account", ({ page }) => signInAt(page, site(), person("chen.zhiming"))),
    entry("signed out", async ({ page }) => {
      await signInAt(page, site(), member());
      await leaving(page, () => press(page, "sign-out"));
      await page.locator("#signed-out").waitFor();
    }),
    entry("signed out at the provider", async ({ page, world }) => {
      await signInAt(page, site(), member());
      await page.goto(world.issuer);
      await leaving(page, () => press(page, "sign-out"));
      await page.goto(site().url);
      await page.locator("#ended").waitFor();
    }),
    entry("sign-in cancelled", async ({ page }) => {
      await comeFrom(page, site());
      await leaving(page, () => press(page, "cancel"));
      await page.locator("#error").waitFor();
    }),
    entry("no such page", ({ page }) => page.goto(`${site().url}/nowhere`)),
  ];
}

export const pagesOfDemonstration = [fullOutbox, ...pagesOfSite(0), ...pagesOfSite(1)];

export const pages = [
  { state: "home", open: ({ page }) => signInAtHome(page, member()) },

  at("sign-in to the provider itself", () => "/"),
  { state: "sign-in for an agency", open: ({ page }) => comeFrom(page, ecpa()) },
  {
    state: "sign-in for an agency that asks by a form",
    async open({ page, world }) {
      const asked = new URL(request());
      await post(page, `${world.issuer}/authorize`, Object.fromEntries(asked.searchParams));
    },
  },
  at("sign-in with a hint", () => request({ login_hint: "lin.meihui" })),
  {
    state: "sign-in, asked again",
    async open({ page }) {
      await signInAtHome(page, member());
      await comeFrom(page, ecpa(), "?prompt=login");
    },
  },
  {
    state: "sign-in, an account to choose",
    async open({ page }) {
      await signInAtHome(page, member());
      await comeFrom(page, ecpa(), "?prompt=select_account");
    },
  },
  {
    state: "sign-in, too long ago",
    async open({ page }) {
      await signInAtHome(page, member());
      await sleep(2_100);
      await comeFrom(page, ecpa(), "?max_age=1");
    },
  },
  answered("nothing entered", () => ({ account: "", password: "" })),
  answered("no account name", () => ({ account: "", password: "something" })),
  answered("no password", () => ({ account: "lin.meihui", password: "" })),
  answered("account name too long", () => ({ account: "a".repeat(2_000), password: "something" })),
  answered("password too long", () => ({ account: "lin.meihui", password: "a".repeat(3_000) })),
  answered("wrong password", nobody),
  {
    state: "sign-in, human check",
    async open({ page }) {
      await comeFrom(page, ecpa());
      await failTimes(page, 3, nobody());
      await page.locator("#challenge-status:not(:empty)").waitFor();
    },
  },
  {
    state: "sign-in, human check without JavaScript",
    provider: trouble,
    async open({ page, provider }) {
      const who = nobody();
      await comeToTrouble(page, provider);
      await failTimes(page, 2, who);
      await withoutScripts(page);
      await failTimes(page, 1, who);
      await page.locator("#challenge-wait").waitFor();
    },
  },
  {
    state: "sign-in, human check needed",
    provider: trouble,
    async open({ page, provider }) {
      const who = await meetCheck(page, provider);
      await comeToTrouble(page, provider);
      await failTimes(page, 1, who);
    },
  },
  {
    state: "sign-in, human check too early",
    provider: trouble,
    async open({ page, provider }) {
      await fillIn(page, await meetCheck(page, provider));
      await sendAnyway(page, { answer: "" });
    },
  },
  {
    state: "sign-in, human check failed",
    provider: trouble,
    async open({ page, provider }) {
      await fillIn(page, await meetCheck(page, provider));
      await sendAnyway(page, { answer: "another" });
    },
  },
  {
    state: "sign-in, human check used before",
    provider: trouble,
    async open({ page, provider }) {
      const who = await meetCheck(page, provider);
      const [challenge, answer] = await page.evaluate(() =>
        ["challenge", "answer"].map((name) => document.querySelector(`[name=${name}]`).value),
      );
      await failTimes(page, 1, who);
      await fillIn(page, who);
      await sendAnyway(page, { challenge, answer });
    },
  },
  {
    state: "sign-in, paused by this entry",
    async open({ page }) {
      paused = nobody();
      await comeFrom(page, ecpa());
      await failTimes(page, 5, paused);
    },
  },
  { state: "sign-in, paused before", open: ({ page }) => meetPause(page) },
  {
    state: "sign-in, password switched off",
    provider: trouble,
    open: ({ page, provider }) => meetSwitchedOff(page, provider),
  },
  {
    state: "sign-in, many at once",
    provider: trouble,
    async open({ page, provider }) {
      const others = await Promise.all([1, 2, 3, 4, 5].map(() => page.context().newPage()));
      // Whether this one is among those that come too late is a matter of moments. An hour later each time, as in
      // meetCheck.
      for (let round = 0; round < 12; round += 1) {
        await provider.wait(60);
        for (const window of [...others, page]) await readyToSignIn(window, provider);
        await Promise.all([...others, page].map((window) => submit(window)));
        if ((await page.locator("#problem .code").innerText()) === "LGN-501") return;
      }
      throw new Error("so many at once are not too many");
    },
  },
  {
    state: "sign-in, timed out",
    provider: trouble,
    async open({ page, provider }) {
      await comeToTrouble(page, provider);
      await provider.wait(31);
      await fillIn(page, provider.person);
      await submit(page);
    },
  },
  answered("locked account", () => person("tsai.guohua")),
  answered("account with an invalid national id", () => person("liu.jiahao")),
  answered("deleted account", () => person("zhou.yating")),

  {
    state: "change of an expired password",
    async open({ page }) {
      await comeFrom(page, ecpa());
      await fillIn(page, person("huang.lizhu"));
      await submit(page);
      await page.locator("#change-password-submit").waitFor();
    },
  },
  renewed("nothing entered", () => ""),
  renewed("too short", () => "tea"),
  renewed("too long", () => "a".repeat(3_000)),
  renewed("the account name", () => "huang.lizhu"),
  renewed("the present one", () => person("huang.lizhu").password),
  {
    state: "change of an expired password, over since another tab",
    async open({ page }) {
      const change = async (tab) => {
        await comeFrom(tab, ecpa());
        await fillIn(tab, person("huang.lizhu"));
        await submit(tab);
        await tab.locator("#change-password-submit").waitFor();
      };
      await change(page);
      const second = await page.context().newPage();
      await change(second);
      await second.close();
      await page.locator("#password").fill("a quite different password");
      await leaving(page, () => press(page, "change-password-submit"));
    },
  },

  {
    state: "consent, every claim",
    async open({ page }) {
      await comeFrom(page, ecpa(), "?prompt=consent");
      await fillIn(page, member());
      await submit(page);
    },
  },
  {
    state: "consent, official account",
    async open({ page }) {
      await comeFrom(page, ecpa(), "?prompt=consent");
      await fillIn(page, person("chen.zhiming"));
      await submit(page);
    },
  },
  {
    state: "consent, identifier only, also when away",
    async open({ page }) {
      await page.goto(request({ scope: "openid offline_access", prompt: "consent" }));
      await fillIn(page, member());
      await submit(page);
    },
  },
  {
    state: "finished",
    async open({ page, world }) {
      let dispatcher;
      page.on("request", (seen) => {
        if (seen.url().startsWith(`${world.issuer}/continue?`)) dispatcher = seen.url();
      });
      await signInAt(page, ecpa(), member(), "?prompt=consent");
      await page.goto(dispatcher);
    },
  },
  {
    state: "finished, begun anew",
    async open({ page, world }) {
      let dispatcher;
      page.on("request", (seen) => {
        if (seen.url().startsWith(`${world.issuer}/continue?`)) dispatcher = seen.url();
      });
      await signInAt(page, ecpa(), member(), "?prompt=consent");
      await page.goto(dispatcher);
      // A consent of the same second counts for the new request, too.
      await sleep(1_100);
      await leaving(page, () => press(page, "continue"));
      await page.locator("#consent-approve").waitFor();
    },
  },
  {
    state: "the answer by a form",
    async open({ page }) {
      await holdAnswer(page);
      await page.goto(request({ response_mode: "form_post", prompt: "none" }), { waitUntil: "commit" });
    },
  },
  {
    state: "the answer by a form, after the consent",
    async open({ page }) {
      await holdAnswer(page);
      await page.goto(request({ response_mode: "form_post", prompt: "consent" }));
      await fillIn(page, member());
      await submit(page);
      await agree(page);
    },
  },
  {
    state: "the answer by a form, consent refused",
    async open({ page }) {
      await holdAnswer(page);
      await page.goto(request({ response_mode: "form_post", prompt: "consent" }));
      await fillIn(page, member());
      await submit(page);
      await leaving(page, () => press(page, "consent-deny"));
    },
  },
  {
    state: "the answer by a form, cancelled",
    async open({ page }) {
      await holdAnswer(page);
      await page.goto(request({ response_mode: "form_post" }));
      await leaving(page, () => press(page, "cancel"));
    },
  },

  {
    state: "question before signing out",
    async open({ page, world }) {
      await signInAt(page, ecpa(), member());
      await page.goto(`${world.issuer}/end-session`);
    },
  },
  {
    state: "question before signing out, asked by an agency",
    async open({ page, world }) {
      await signInAtHome(page, member());
      await page.goto(`${world.issuer}/end-session?client_id=${ecpa().client_id}`);
    },
  },
  {
    state: "signed out, after the question",
    async open({ page, world }) {
      await signInAtHome(page, member());
      await page.goto(`${world.issuer}/end-session`);
      await leaving(page, () => press(page, "logout-confirm"));
    },
  },
  {
    state: "signed out, from home",
    async open({ page }) {
      await signInAtHome(page, member());
      await leaving(page, () => press(page, "sign-out"));
    },
  },
  at("signed out, nobody was signed in", () => "/end-session"),

  at("help", () => "/help"),
  at("help for a code", () => "/help?code=LGN-101"),
  {
    state: "help for a pause",
    async open({ page }) {
      await meetPause(page);
      await leaving(page, () => page.locator("#problem a.code").click());
    },
  },

  at("error, unknown client", () => request({ client_id: "01890a5d-ac96-774b-bcce-b302099a8057" })),
  at("error, foreign redirect", () => request({ redirect_uri: "https://elsewhere.example/callback" })),
  at("error, bad request", () => "/authorize"),
  at("error, damaged interaction", () => "/sign-in?interaction=damaged"),
  {
    state: "error, no cookies",
    async open({ page }) {
      await comeFrom(page, ecpa());
      await page.context().clearCookies();
      await page.reload();
    },
  },
  {
    state: "error, foreign form",
    async open({ page }) {
      await comeFrom(page, ecpa());
      await page.evaluate(() => (document.querySelector("#sign-in-form [name=csrf]").value = "another"));
      await fillIn(page, member());
      await submit(page);
    },
  },
  {
    state: "error, foreign sign-out",
    async open({ page }) {
      await signInAtHome(page, member());
      await page.evaluate(() => (document.querySelector("main [name=csrf]").value = "another"));
      await leaving(page, () => press(page, "sign-out"));
    },
  },
  {
    state: "error, too much sent by an agency",
    async open({ page, world }) {
      await post(page, `${world.issuer}/authorize`, { state: "a".repeat(200_000) });
    },
  },
  {
    state: "error, too much sent on the way",
    async open({ page }) {
      await comeFrom(page, ecpa());
      await sendAnyway(page, { csrf: "a".repeat(200_000) });
    },
  },
  at("error, no such page", () => "/nowhere"),
  at("error, not to be opened", () => "/cancel"),
  {
    state: "error, disk full, on the way",
    provider: trouble,
    async open({ page, provider }) {
      await page.goto(request({ prompt: "consent" }, provider.site, provider.issuer));
      await fillIn(page, provider.person);
      await submit(page);
      await provider.withFullDisk(() => leaving(page, () => press(page, "consent-approve")));
    },
  },
  {
    state: "error, disk full, signing out",
    provider: trouble,
    async open({ page, provider }) {
      await page.goto(provider.issuer);
      await fillIn(page, provider.person);
      await submit(page);
      await provider.withFullDisk(() => leaving(page, () => press(page, "sign-out")));
    },
  },
  // The last, since nothing brings the database back.
  {
    state: "error, database damaged",
    provider: trouble,
    async open({ page, provider }) {
      await provider.damage();
      const unknown = { client_id: "01890a5d-ac96-774b-bcce-b302099a8057" };
      await page.goto(request(unknown, provider.site, provider.issuer));
    },
  },
];
