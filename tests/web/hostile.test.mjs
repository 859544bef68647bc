// Text of tickets is text: it neither runs nor becomes a formula. And a new version of the data shows by itself.
import assert from "node:assert/strict";
import { appendFileSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { open, query } from "./browser.mjs";

test("a script in a subject is words, a formula in a CSV is text", async () => {
  const { page, complaints, close } = await open("/tickets?period=all");
  const subjects = (await query("select subject from operational.tickets order by id")).map(([subject]) => subject);
  const body = await page.locator("tbody").innerText();
  for (const subject of subjects) assert.ok(body.includes(subject), subject);
  for (const path of ["/tickets/desk/T1", "/tickets/desk/T2", "/tickets/desk/T3", "/live"]) {
    await page.goto(new URL(path, page.url()).href);
    await page.waitForSelector("main#main");
  }
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  await page.goto(new URL("/tickets?period=all", page.url()).href);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: /download as CSV/ }).click()]);
  const csv = readFileSync(await download.path(), "utf8");
  assert.ok(csv.includes("'=cmd|"), csv);
  assert.ok(!/(^|,|")[=+@]/m.test(csv), csv);
  assert.deepEqual(complaints, []);
  await close();
});

test("new data shows by itself", async () => {
  const { page, close } = await open("/live");
  const value = () => page.locator("article", { hasText: "Open now" }).locator(".kpi-value").innerText();
  const before = Number(await value());
  appendFileSync(process.env.TICKETS, "T9,Printer is on fire,Open,Critical,Hardware,R1,2026-01-02T08:00:00Z,2026-01-02T08:00:00Z,\n");
  await page.waitForFunction((wanted) => [...document.querySelectorAll("article")].some((one) => one.getAttribute("aria-label") === "Open now" && one.innerText.includes(String(wanted))), before + 1, { timeout: 30_000 });
  // Each part of the page asks for itself.
  await page.getByText("Printer is on fire").first().waitFor({ timeout: 30_000 });
  await close();
});
