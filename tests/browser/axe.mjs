// What is wrong with a page that a person sees: axe (WCAG 2.0 to 2.2, levels A and AA) and the rules of the house that
// axe has no rule for. Empty is good.

import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { require } from "./browser.mjs";

const STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const WIDTHS = [320, 1280];
const SCHEMES = ["light", "dark"];

let source;

// Looks at the page as it stands, in the width and colour scheme it has.
export async function findings(page, language) {
  source ??= await readFile(require.resolve("axe-core/axe.min.js"), "utf8");
  if (!(await page.evaluate("typeof axe === 'object'"))) await page.evaluate(source);
  const result = await page.evaluate(
    (tags) => globalThis.axe.run(document, { runOnly: tags, resultTypes: ["violations"] }),
    STANDARDS,
  );
  const violations = result.violations.flatMap((violation) =>
    violation.nodes.map((node) => `${violation.id}: ${violation.help}: ${node.html} (${node.target.join(" ")})`),
  );
  return [...violations, ...(await houseRules(page, language))];
}

async function houseRules(page, language) {
  const seen = await page.evaluate(() => ({
    language: document.documentElement.lang,
    title: document.title.trim(),
    headings: document.querySelectorAll("h1").length,
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    text: document.body.innerText,
  }));
  const faults = [];
  if (language && !seen.language.startsWith(language)) faults.push(`lang is "${seen.language}", not ${language}`);
  if (!seen.title) faults.push("the page has no title");
  if (seen.headings !== 1) faults.push(`${seen.headings} first-level headings`);
  if (seen.overflow > 0) faults.push(`${seen.overflow} px wider than the window`);
  if (seen.text.includes("\u{fffd}")) faults.push("a character was lost (U+FFFD)");
  return faults;
}

// Looks at the page narrow and wide, light and dark, without loading it again. With FUXIN_SCREENSHOTS, a folder, it
// also leaves a picture of each there, under the name given.
export async function sweep(page, language, name) {
  const faults = [];
  for (const width of WIDTHS) {
    for (const colorScheme of SCHEMES) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const found = await findings(page, language);
      faults.push(...found.map((fault) => `${width} px, ${colorScheme}: ${fault}`));
      await picture(page, `${name} ${language} ${width} ${colorScheme}`);
    }
  }
  return faults;
}

async function picture(page, name) {
  const folder = process.env.FUXIN_SCREENSHOTS;
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  const file = `${name.replace(/[^\p{L}\p{N}]+/gu, "-")}.png`;
  await page.screenshot({ path: join(folder, file), fullPage: true });
}
