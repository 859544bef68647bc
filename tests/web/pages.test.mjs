// Every page, as it is looked at: wide and narrow, light and dark, English and Korean. Nothing fails, nothing is asked of another
// host, nothing runs out of the side, and axe-core finds nothing that shuts somebody out.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { axe, open, query, settled } from "./browser.mjs";

const PAGES = ["/", "/service-desk", "/performance", "/customers", "/assets", "/finance", "/live", "/quality", "/pipeline", "/explore", "/tickets?created=period&breached=true"];
const LOOKS = [
  { width: 1440, theme: "light", language: "en" },
  { width: 1024, theme: "dark", language: "ko" },
  { width: 390, height: 844, theme: "light", language: "ko" },
];
const script = readFileSync(axe, "utf8");

async function check(path, look) {
  const { page, complaints, close } = await open(path, look);
  assert.equal(await page.locator("h1").count(), 1);
  assert.equal(await page.locator(".state.error").count(), 0, `${path}: a part failed`);
  const { wide, all } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, all: innerWidth }));
  assert.ok(wide <= all, `${path} at ${look.width}: ${wide} px wide`);
  assert.equal(await page.getAttribute("html", "lang"), look.language);
  await page.evaluate(script);
  const { violations } = await page.evaluate(() => window.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }));
  assert.deepEqual(violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html).join(" | ")}`), []);
  assert.deepEqual(complaints, []);
  await close();
}
for (const look of LOOKS) {
  for (const path of PAGES) test(`${path} at ${look.width}, ${look.theme}, ${look.language}`, () => check(path, look));
}

test("a ticket, with the proof of its numbers", async () => {
  const [[source, id]] = await query("select source, ticket_id from core.fact_tickets where sla_breached and not is_deleted and not is_open order by ticket_id desc limit 1");
  for (const look of LOOKS) await check(`/tickets/${source}/${id}`, look);
});

test("the keyboard reaches the content, the definitions, the menu", async () => {
  const { page, close } = await open("/");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.locator('[data-metric="sla_attainment"] .tip button').focus();
  assert.match(await page.locator("[role=tooltip]").innerText(), /Met \/ \(met \+ breached\)/);
  await page.keyboard.press("Escape");
  await page.locator("[role=tooltip]").waitFor({ state: "detached", timeout: 10_000 });
  await page.getByRole("button", { name: "Category" }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  assert.ok(await page.evaluate(() => document.activeElement.closest("[role=dialog]") !== null));
  await page.keyboard.press("Escape");
  await page.locator("[role=dialog]").waitFor({ state: "detached", timeout: 10_000 });
  await close();

  const phone = await open("/", { width: 390, height: 844 });
  await phone.page.getByRole("button", { name: "Menu", exact: true }).click();
  await phone.page.getByRole("link", { name: "Finance" }).click();
  await settled(phone.page);
  assert.match(phone.page.url(), /\/finance/);
  await phone.close();
});

test("language and theme are chosen once", async () => {
  const { page, close } = await open("/");
  await page.getByRole("button", { name: "한국어" }).click();
  await page.getByRole("button", { name: "어두운 색" }).click();
  await page.reload();
  await settled(page);
  assert.equal(await page.locator("h1").innerText(), "개요");
  assert.equal(await page.getAttribute("html", "data-theme"), "dark");
  await close();
});

test("the Overview costs less than 300 kB of script", async () => {
  const { page, close } = await open("/");
  const bytes = await page.evaluate(() => performance.getEntriesByType("resource").filter((one) => one.name.endsWith(".js")).reduce((sum, one) => sum + one.transferSize, 0));
  assert.ok(bytes > 1000 && bytes < 300_000, `${bytes} bytes`);
  await close();
});
