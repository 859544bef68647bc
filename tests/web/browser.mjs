// What the browser tests share: a real Chromium, and pages that fail a test when the browser complains or looks elsewhere.
// SITE is the address of a running `deskhouse serve`; test_dashboard.py starts it.
import { createRequire } from "node:module";
import { after } from "node:test";
import assert from "node:assert/strict";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { chromium } = require("playwright-core");
export const axe = require.resolve("axe-core/axe.min.js");
export const site = process.env.SITE;
assert.ok(site, "SITE must be the address of a running server");

export const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
after(() => browser.close());

/** A page of its own browser profile; `complaints` gathers what went wrong in it. */
export async function open(path, { width = 1440, height = 900, theme = "light", language = "en" } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, reducedMotion: "reduce", bypassCSP: false, acceptDownloads: true });
  await context.addInitScript(([chosenTheme, chosenLanguage]) => {
    if (localStorage.getItem("deskhouse.theme") === null) localStorage.setItem("deskhouse.theme", chosenTheme);
    if (localStorage.getItem("deskhouse.language") === null) localStorage.setItem("deskhouse.language", chosenLanguage);
  }, [theme, language]);
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`page: ${error.message}`));
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && origin !== new URL(site).origin) complaints.push(`asked another host: ${request.url()}`);
  });
  page.on("response", (response) => response.status() >= 400 && complaints.push(`${response.status()} ${response.url()} ${response.request().postData() ?? ""}`));
  await page.goto(site + path);
  await settled(page);
  return { page, complaints, close: () => context.close() };
}

/** Waits until no part of the page is on its way any more. */
export async function settled(page) {
  await page.waitForSelector("main#main");
  await page.waitForFunction(() => !document.querySelector(".skeleton, .kpi.loading, [aria-busy='true']") && document.querySelector("main#main")?.children.length);
}

export async function getJson(path) {
  const answer = await fetch(site + path, { signal: AbortSignal.timeout(20_000) });
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
  return answer.json();
}
export async function query(sql, params = []) {
  const answer = await fetch(`${site}/api/v1/query`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ sql, params }), signal: AbortSignal.timeout(20_000) });
  assert.ok(answer.ok, `${sql}: ${answer.status} ${await answer.clone().text()}`);
  return (await answer.json()).rows;
}
/** The number that a card shows, unrounded; null where it shows none. */
export async function shown(page, metric) {
  const text = await page.getAttribute(`[data-metric="${metric}"]`, "data-value");
  return text === "" || text === null ? null : Number(text);
}
export function near(actual, expected, what) {
  if (expected === null || actual === null) return assert.equal(actual, expected, what);
  assert.ok(Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected)), `${what}: ${actual} on the page, ${expected} from the API`);
}
