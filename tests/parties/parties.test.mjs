// Each party signs a person in, reads a claim, refreshes and signs out, and is told of a sign-out elsewhere; it refuses an
// ID token that was changed on its way, and one of another issuer. Each refusal has a twin in which one thing less is
// changed, and all goes well.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { answers, freePorts } from "../browser/world.mjs";
import { Front, otherClaim, otherDiscovery, otherSignature, signedAnew } from "./front.mjs";
import { parties } from "./parties.mjs";
import { enterPassword, isAskedForPassword, newcomer, signIn } from "./person.mjs";
import { PERSON, register, world } from "./world.mjs";

afterEach(() => world.front.forget());

for (const party of parties) {
  const { name, complaints } = party;

  test(`${name} reads a claim, refreshes and signs out`, async () => {
    await atSite(party, async ({ site, page }) => {
      await signIn(page, `${site}/profile`);
      assert.equal(await page.locator("#name").innerText(), PERSON.name);
      const subject = await page.locator("#sub").innerText();

      const { exchanges } = world.front;
      assert.equal(exchanges[0].form.grant_type, "authorization_code");
      assert.ok(exchanges[0].form.code_verifier, "PKCE");
      const held = exchanges.at(-1).answer;
      await party.refresh(page, site);
      const { form, status, answer } = exchanges.at(-1);
      assert.deepEqual([form.grant_type, status], ["refresh_token", 200]);
      assert.equal(form.refresh_token, held.refresh_token);
      assert.notEqual(answer.access_token, held.access_token);
      assert.equal(await page.locator("#name").innerText(), PERSON.name);
      assert.equal(await page.locator("#sub").innerText(), subject);

      await party.signOut(page);
      await page.locator("#sign-in").waitFor();
      assert.ok(page.url().startsWith(`${site}/`), page.url());
      await page.goto(`${site}/profile`);
      assert.ok(await isAskedForPassword(page), "neither the site nor the provider knows the person any more");
    });
  });

  test(`${name} is told when the person signs out at the provider`, async () => {
    await atSite(party, async ({ site, page }) => {
      await signIn(page, `${site}/profile`);
      assert.equal(await page.locator("#name").innerText(), PERSON.name);
      await page.goto(world.issuer);
      await page.locator("#sign-out").click();
      await page.waitForLoadState();
      // The call goes out at once, but nobody waits for it.
      await until(async () => {
        await page.goto(`${site}/profile`);
        return isAskedForPassword(page);
      });
    });
  });

  refuses(party, "an ID token with another signature", otherSignature, complaints.signature);
  refuses(party, "an ID token with another claim", otherClaim, complaints.signature);
  refuses(party, "the discovery document of another issuer", otherDiscovery, complaints.discovery);

  const ofAnother = signedAnew((claims) => ({ ...claims, iss: "https://sso.example.net" }));
  refuses(party, "a well signed ID token of another issuer", ofAnother, complaints.issuer);
  accepts(party, "a well signed ID token of the issuer", signedAnew((claims) => claims));
}

function refuses(party, what, change, complaint) {
  test(`${party.name} refuses ${what}`, async () => {
    await atSite(party, async ({ site, page, program }) => {
      world.front.change(change);
      const answer = await tryToSignIn(page, site);
      assert.ok(!answer.includes(PERSON.name), answer);
      assert.equal(await page.locator("#name").count(), 0);
      assert.match(await program.said(), complaint);
    });
  });
}

function accepts(party, what, change) {
  test(`${party.name} accepts ${what}`, async () => {
    await atSite(party, async ({ site, page }) => {
      world.front.change(change);
      await signIn(page, `${site}/profile`);
      assert.equal(await page.locator("#name").innerText(), PERSON.name);
    });
  });
}

// What the page says at the end, wherever it is. A site may find out before the person is asked for anything.
async function tryToSignIn(page, site) {
  const answer = await page.goto(`${site}/profile`);
  if (answer.status() < 400) await enterPassword(page);
  return page.content();
}

async function until(holds) {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(200)) if (await holds()) return;
  assert.fail("it did not come about within fifteen seconds");
}

// Registers the party's site, starts it, lets the provider reach it, and shows it to a newcomer.
async function atSite(party, action) {
  const port = await freePorts(1);
  const site = `http://localhost:${port}`;
  const program = await party.start({ SITE: site, ...(await register(site, party)) });
  const front = await Front.start(world.backChannel, port, world.certificate);
  try {
    await answers(new URL(site), program.process, program.log);
    const page = await newcomer();
    await action({ site, page, program }).finally(() => page.context().close());
  } catch (error) {
    await program.stop();
    console.error(`The log of ${party.name} ends with:\n${(await program.said()).slice(-4000)}`);
    throw error;
  } finally {
    front.stop();
  }
  assert.deepEqual(await program.stop(), []);
}
