// A page that is open before the first run: it says so, and shows the numbers by itself once there are some.
import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { test } from "node:test";
import { browser, settled, site } from "./browser.mjs";

test("the first run shows by itself", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${site}/?period=all`);
  await page.getByRole("alert").first().waitFor();
  renameSync(`${process.env.TICKETS}.later`, process.env.TICKETS);
  await page.locator('[data-metric="created_tickets"] .kpi-value').waitFor({ timeout: 60_000 });
  await settled(page);
  assert.equal(Number(await page.locator('[data-metric="created_tickets"] .kpi-value').innerText()), 3);
  await context.close();
});
