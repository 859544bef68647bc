// Live numbers move while events stream: SITE reads a topic, to which the test sends by running SEND_FILE's lines through `publish`.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { axe, open } from "./browser.mjs";
import { readFileSync } from "node:fs";

test("live numbers move while events stream", async () => {
  const { page, complaints, close } = await open("/live");
  const chart = page.getByRole("img", { name: /windows of 10 seconds/ });
  await chart.waitFor({ timeout: 30_000 });
  const tickets = async () => Number(/[\d,]+/.exec(await page.locator("[data-live=tickets]").innerText())[0].replaceAll(",", ""));
  const before = await tickets(), picture = await chart.locator("canvas").evaluate((canvas) => canvas.toDataURL());
  const sending = spawn(process.env.DESKHOUSE, ["-C", process.env.PROJECT, "publish", process.env.EVENTS, "--rate", "100", "-q"], { stdio: "inherit" });
  const ended = new Promise((resolve) => sending.on("exit", resolve));
  const seen = new Set();
  for (let i = 0; i < 40; ++i) {
    seen.add(await tickets());
    await page.waitForTimeout(100);
  }
  assert.equal(await ended, 0);
  await page.waitForFunction((wanted) => document.querySelector("[data-live=tickets]")?.textContent.replaceAll(",", "").startsWith(`${wanted} `), before + Number(process.env.COUNT), { timeout: 30_000 });
  assert.ok(seen.size >= 5, `it moved ${seen.size} times`);
  assert.notEqual(await chart.locator("canvas").evaluate((canvas) => canvas.toDataURL()), picture);
  assert.match(await page.locator("main").innerText(), /The stream is read/);
  if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT, fullPage: true });
  await page.evaluate(readFileSync(axe, "utf8"));
  const { violations } = await page.evaluate(() => window.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }));
  assert.deepEqual(violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" ")}`), []);
  assert.deepEqual(complaints, []);
  await close();
});
