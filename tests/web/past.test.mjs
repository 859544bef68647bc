// A lake's dashboard as of a run: every number is of then, from page to page, until one goes back to now.
import assert from "node:assert/strict";
import { test } from "node:test";
import { getJson, near, open, settled, shown } from "./browser.mjs";

const backlog = async (path) => (await getJson(`/api/v1/metrics/backlog${path}`)).rows[0].value;

test("what was, and back to now", async () => {
  const [then, now] = [await backlog("?as_of=1"), await backlog("")];
  assert.notEqual(then, now);
  const { page, complaints, close } = await open("/?as_of=1");
  near(await shown(page, "backlog"), then, "the backlog of run 1");
  assert.match(await page.locator("main .notice").first().innerText(), /as they were as of 1/);
  await page.locator('nav a[href^="/service-desk"]').first().click();
  await settled(page);
  assert.match(page.url(), /\/service-desk\?as_of=1/);
  await page.locator('nav a[href^="/?"]').first().click();
  await settled(page);
  await page.getByRole("link", { name: "Back to now" }).click();
  await settled(page);
  await page.waitForFunction((value) => Number(document.querySelector('[data-metric="backlog"]')?.getAttribute("data-value")) === value, now);
  assert.doesNotMatch(page.url(), /as_of/);
  assert.deepEqual(complaints, []);
  await close();
});
