// What the pages of a running server ask it for, as a browser meets it: SITE=http://... node pages.mjs. Prints one JSON
// object: `pages`, each with the requests that it sent in their order; `refused`, those that were answered with an error;
// `overview`, the first page on a cold browser. The statements are thus the dashboard's own, and nobody keeps a second copy of them.
import { createRequire } from "node:module";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const site = process.env.SITE;
if (!site) throw new Error("SITE must be the address of a running server");

const query = async (sql) => {
  const answer = await fetch(`${site}/api/v1/query`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ sql, params: [] }) });
  return (await answer.json()).rows;
};
const [[source, id]] = await query("select source, ticket_id from core.fact_tickets where sla_breached and not is_deleted order by created_at desc, ticket_id limit 1");
const [[department]] = await query("select distinct department from core.department_names order by 1 limit 1");
const PAGES = {
  overview: "/", "overview, 7 days": "/?period=7d", "overview, 12 months": "/?period=12m", "overview, all": "/?period=all",
  "overview, High": "/?priority=High", "overview, one department": `/?department=${encodeURIComponent(department)}`,
  "service desk": "/service-desk", performance: "/performance", customers: "/customers", assets: "/assets", finance: "/finance",
  live: "/live", quality: "/quality", pipeline: "/pipeline", tickets: "/tickets", "tickets, breached": "/tickets?created=period&breached=true",
  "one ticket": `/tickets/${encodeURIComponent(source)}/${encodeURIComponent(id)}`, explore: "/explore",
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

/** Opens a page in a browser profile of its own, until no part of it is on its way any more. */
async function visit(path) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
  const page = await context.newPage();
  const requests = [];
  let script = 0;
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (!url.pathname.startsWith("/api/") || url.pathname === "/api/v1/live") return;
    requests.push({ method: request.method(), path: url.pathname + url.search, body: request.postData() });
  });
  page.on("requestfinished", async (request) => {
    // One that ends with its page has no size any more.
    if (request.resourceType() === "script") script += await request.sizes().then((sizes) => sizes.responseBodySize, () => 0);
  });
  page.on("response", (response) => {
    const url = new URL(response.url());
    if (response.status() >= 400) refused.push(`${path}: ${response.status()} ${response.request().method()} ${url.pathname}${url.search} ${response.request().postData() ?? ""}`);
  });
  const start = performance.now();
  await page.goto(site + path);
  await page.waitForSelector("main#main");
  await page.waitForFunction(() => !document.querySelector(".skeleton, .kpi.loading, [aria-busy='true']") && document.querySelector("main#main")?.children.length, undefined, { timeout: 120_000 });
  const seconds = (performance.now() - start) / 1000;
  await context.close();
  return { requests, seconds, script_bytes: script };
}

const refused = []; // what a page asked in vain: it would be the fastest of all
const pages = {};
const { seconds, script_bytes } = await visit("/"); // the first of a browser that was just started: nothing is kept
for (const [name, path] of Object.entries(PAGES)) pages[name] = (await visit(path)).requests;
await browser.close();
console.log(JSON.stringify({ pages, refused, overview: { seconds, script_bytes } }));
