// One Chromium for all tests, and the windows they open in it.
//
// The driver and axe come from the folder that tests/run installed them in, outside the checkout. A window notes what
// no page of ours may do: log an error, break its own content policy, load something that is missing, or ask any
// address but this machine's.

import { createRequire } from "node:module";
import { join } from "node:path";

const modules = process.env.FUXIN_NODE_MODULES;
if (!modules) throw new Error("FUXIN_NODE_MODULES is not set: start the browser tests with `tests/run browser`");
export const require = createRequire(join(modules, "fuxin-browser-tests.cjs"));
const { chromium } = require("playwright-core");

// What Chromium would otherwise ask the network for, at every start and in the background.
const QUIET = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-gpu",
  "--disable-quic",
  "--disable-sync",
  "--no-first-run",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
];
const HERE = new Set(["localhost", "127.0.0.1", "[::1]"]);

let running;

export async function browser() {
  running ??= chromium.launch({
    executablePath: process.env.FUXIN_CHROMIUM ?? "/usr/bin/chromium",
    args: QUIET,
  });
  return running;
}

export async function closeBrowser() {
  const ending = running;
  running = undefined;
  await (await ending)?.close();
}

// Opens a window of its own: no cookie, no history. `faults` of the answer fills while pages are used.
export async function openWindow({ locale = "zh-TW", width = 1280, scheme = "light", javaScript = true } = {}) {
  const context = await (await browser()).newContext({
    locale,
    javaScriptEnabled: javaScript,
    viewport: { width, height: 800 },
    colorScheme: scheme,
    // A colour that is still changing would be measured half-way.
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(15_000);
  const faults = [];
  context.on("page", (page) => watch(page, faults));
  const page = await context.newPage();
  return { context, page, faults, close: () => context.close() };
}

function watch(page, faults) {
  page.on("pageerror", (error) => faults.push(`script error on ${page.url()}: ${error.message}`));
  page.on("console", (message) => {
    // A missing resource is told by its response, below, where a page that answers 4xx on purpose can be told apart.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      faults.push(`console error on ${page.url()}: ${message.text()}`);
    }
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && !HERE.has(url.hostname)) {
      faults.push(`${page.url()} asks a foreign address: ${request.url()}`);
    }
  });
  page.on("response", (response) => {
    if (response.status() >= 400 && !response.request().isNavigationRequest()) {
      faults.push(`${page.url()} loads ${response.url()}: ${response.status()}`);
    }
  });
}
