// Who is signed in sees it, and gets out; what the role hides is hidden on the pages too.
import assert from "node:assert/strict";
import { test } from "node:test";
import { browser, settled, site } from "./browser.mjs";

test("sign in, look, sign out", async () => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB" });
  const page = await context.newPage();
  await page.goto(`${site}/tickets?period=all`);
  assert.match(page.url(), /\/login\?next=/);
  await page.getByLabel("Name").fill("kim");
  await page.getByLabel("Password").fill(process.env.PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await settled(page);
  assert.match(page.url(), /\/tickets/);
  const account = page.locator(".account");
  assert.match(await account.innerText(), /kim/);
  if (process.env.PICTURE) await page.screenshot({ path: process.env.PICTURE });
  await account.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(/\/login/);
  await page.goto(`${site}/`);
  assert.match(page.url(), /\/login/);
  await context.close();
});
