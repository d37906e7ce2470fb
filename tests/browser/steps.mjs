// What a person does, in steps that several tests share: open a site, sign in, agree. Each waits for the page that it
// leads to; none looks at texts, so that they serve both languages.

import { createHash, randomBytes } from "node:crypto";

import { world } from "./world.mjs";

// The demonstration's person with this account name.
export function person(account) {
  const found = world.description.people.find((one) => one.account === account);
  if (!found) throw new Error(`the demonstration has nobody called ${account}`);
  return found;
}

// The two agency sites: eCPA and GCIS.
export function sites() {
  return world.description.relying_parties;
}

// From an agency's site to the provider's page, as its button would.
export async function comeFrom(page, site, question = "") {
  await page.goto(`${site.url}/sign-in${question}`);
}

export async function fillIn(page, { account, password }) {
  await page.locator("#username").fill(account);
  await page.locator("#password").fill(password);
}

export async function press(page, id) {
  await page.locator(`#${id}`).click();
}

// Sends the sign-in form, and waits until its answer is there.
export async function submit(page) {
  await leaving(page, () => press(page, "login-submit"));
}

// Sends the sign-in form with other values, past the scripts of the page.
export async function sendAnyway(page, values) {
  await leaving(page, () =>
    page.evaluate((changes) => {
      const form = document.getElementById("sign-in-form");
      for (const [name, value] of Object.entries(changes)) form.elements.namedItem(name).value = value;
      form.submit();
    }, values),
  );
}

// Does something that loads another document, and waits until that one is there. Not for its `load`: the page that
// sends an answer by itself is on its way again before.
export async function leaving(page, action) {
  const before = await page.evaluate(() => performance.timeOrigin);
  await action();
  await page.waitForFunction(
    (origin) => performance.timeOrigin !== origin && document.readyState !== "loading",
    before,
  );
}

// Signs in at the provider itself.
export async function signInAtHome(page, who) {
  await page.goto(world.issuer);
  await fillIn(page, who);
  await submit(page);
  await page.locator("#sign-out").waitFor();
}

// Signs in for a site, up to its answer: agrees where that is asked.
export async function signInAt(page, site, who, question = "") {
  await comeFrom(page, site, question);
  await fillIn(page, who);
  await submit(page);
  await agree(page);
  await page.locator("#name").waitFor();
}

export async function agree(page) {
  if (await page.locator("#consent-approve").count()) {
    await leaving(page, () => press(page, "consent-approve"));
  }
}

// An account name that nobody has: a wrong password for it is one like for any other.
export function nobody() {
  return { account: `nobody-${randomBytes(6).toString("hex")}`, password: "not the password" };
}

// Enters a wrong password so many times. From the fourth on, the script has to solve a human check first.
export async function failTimes(page, times, who) {
  for (let time = 0; time < times; time += 1) {
    await fillIn(page, who);
    await submit(page);
  }
}

// The address of a request that a site did not make, but might.
export function request(changes = {}, site = sites()[0], issuer = world.issuer) {
  const verifier = randomBytes(32).toString("base64url");
  const parameters = {
    client_id: site.client_id,
    redirect_uri: site.redirect_uris[0],
    response_type: "code",
    scope: "openid profile",
    state: randomBytes(8).toString("hex"),
    nonce: randomBytes(8).toString("hex"),
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    ...changes,
  };
  return `${issuer}/authorize?${new URLSearchParams(parameters)}`;
}

// A form of another site, sent by this browser.
export async function post(page, action, fields) {
  await page.setContent(`<form method="post"><button>send</button></form>`);
  await page.evaluate(
    ([to, values]) => {
      const form = document.forms[0];
      form.action = to;
      for (const [name, value] of Object.entries(values)) {
        const field = document.createElement("input");
        Object.assign(field, { type: "hidden", name, value });
        form.append(field);
      }
    },
    [action, fields],
  );
  await Promise.all([page.waitForNavigation(), page.locator("button").click()]);
}
