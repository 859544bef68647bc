// What the page says is what the API says, a filter in the address survives, and each number leads to its tickets.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { getJson, near, open, query, settled, shown } from "./browser.mjs";

const [[from, to]] = await query(`select (max(month) - interval 3 month)::date::varchar, (max(month) - interval 1 day)::date::varchar from mart_service_desk.sla_by_month`);
const period = `from=${from}&to=${to}`;

async function metric(name, parameters = period) {
  const { rows } = await getJson(`/api/v1/metrics/${name}?${parameters}`);
  return rows[0].value === null ? null : Number(rows[0].value);
}
// Pages with the metrics that their cards show of whole months.
const CARDS = {
  "/": ["created_tickets", "resolved_tickets", "sla_attainment", "p50_resolution_hours", "p50_first_response_minutes", "csat", "cost_per_ticket"],
  "/service-desk": ["net_flow", "sla_attainment", "response_sla_attainment", "mean_resolution_hours", "mean_first_response_minutes", "reopen_rate"],
  "/performance": ["first_contact_resolution", "first_assignment_resolution", "handoffs_per_ticket", "utilisation", "handling_minutes_per_ticket", "logged_hours"],
  "/customers": ["csat", "nps", "survey_response_rate", "repeat_contact_rate", "contact_rate"],
  "/finance": ["cost_per_ticket", "chargeback", "breach_penalties", "asset_depreciation"],
};
for (const [path, names] of Object.entries(CARDS)) {
  test(`${path} says what /api/v1/metrics says`, async () => {
    const { page, close } = await open(`${path}?${period}`);
    for (const name of names) near(await shown(page, name), await metric(name), name);
    await close();
  });
}
test("numbers of today are those of the API", async () => {
  const [[today]] = await query("select today::varchar from core.today");
  const desk = await open(`/service-desk?from=${from}&to=${today}`);
  for (const name of ["backlog_over_30_days", "stale_tickets"]) near(await shown(desk.page, name), await metric(name, ""), name);
  await desk.close();
  const overview = await open(`/?from=${from}&to=${today}`);
  near(await shown(overview.page, "backlog"), await metric("backlog", ""), "backlog");
  await overview.close();
  const assets = await open("/assets");
  for (const name of ["assets", "asset_book_value", "assets_past_end_of_life", "warranty_expiring_30_days", "incidents_per_asset", "mtbf_days", "total_cost_of_ownership"]) {
    near(await shown(assets.page, name), await metric(name, ""), name);
  }
  await assets.close();
});
test("from single tickets comes what comes from the summary", async () => {
  // All priorities as a filter are read from the summary, all departments from single tickets: the same tickets both ways.
  const departments = (await query("select distinct department from core.department_names")).map(([name]) => name).join("|");
  const plain = await open(`/service-desk?${period}`);
  const filtered = await open(`/service-desk?${period}&department=${encodeURIComponent(departments)}`);
  for (const name of ["net_flow", "backlog_over_30_days", "sla_attainment", "response_sla_attainment", "mean_resolution_hours", "mean_first_response_minutes", "reopen_rate"]) {
    near(await shown(filtered.page, name), await shown(plain.page, name), name);
  }
  await plain.close();
  await filtered.close();
});
test("a filter is in the address, survives reload, and goes along", async () => {
  const { page, close } = await open(`/?${period}`);
  const before = await shown(page, "created_tickets");
  await page.getByRole("button", { name: "Priority", exact: true }).click();
  await page.getByLabel("Critical").check();
  await settled(page);
  assert.match(page.url(), /priority=Critical/);
  const filtered = await shown(page, "created_tickets");
  assert.ok(filtered > 0 && filtered < before);
  near(filtered, Number((await query("select sum(created) from mart_service_desk.daily_flow where priority = 'Critical' and day between ?::date and ?::date", [from, to]))[0][0]), "created, Critical");
  await page.reload();
  await settled(page);
  assert.equal(await shown(page, "created_tickets"), filtered);
  await page.getByRole("link", { name: "Service desk" }).click();
  await settled(page);
  assert.match(page.url(), /priority=Critical/);
  await page.goBack();
  await settled(page);
  assert.equal(await shown(page, "created_tickets"), filtered);
  await close();
});
test("from a number to its tickets, to one ticket, to its raw record", async () => {
  const { page, close } = await open(`/?${period}`);
  const created = await shown(page, "created_tickets");
  await page.locator('[data-metric="created_tickets"] .kpi-value a').click();
  await settled(page);
  assert.equal(Number((await page.locator("main h2").first().innerText()).replace(/\D/g, "")), created);
  await page.getByRole("button", { name: "SLA breached" }).click();
  await settled(page);
  const link = page.locator("tbody a").first();
  const id = await link.innerText();
  await link.click();
  await settled(page);
  const source = new URL(page.url()).pathname.split("/")[2];
  const ledger = await getJson(`/api/v1/tickets/${source}/${id}/sla`);
  const { items } = await getJson(`/api/v1/tickets/${source}/${id}/records`);
  assert.equal(await page.getByRole("region", { name: "Minute ledger" }).locator("tbody tr").count(), ledger.spans.length);
  assert.equal(await page.getByRole("region", { name: "SLA, minute by minute" }).locator("b.bad").innerText(), "Breached");
  const raw = await page.getByRole("region", { name: "Raw records" }).locator("pre").allInnerTexts();
  assert.ok(raw[0].includes(id) && items.some((item) => item.raw.includes(id)));
  await close();
});
test("Explore answers, refuses in words, and gives the answer away", async () => {
  const { page, close } = await open("/explore");
  const field = page.getByRole("textbox", { name: "SQL" });
  await field.fill("select priority, count(*) as tickets from core.fact_tickets where not is_deleted group by 1 order by 1");
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector(".results tbody tr");
  const rows = await query("select priority, count(*) from core.fact_tickets where not is_deleted group by 1 order by 1");
  assert.deepEqual(await page.locator(".results tbody tr").allInnerTexts(), rows.map((row) => row.join("\t")));
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "CSV" }).click()]);
  assert.equal(readFileSync(await download.path(), "utf8"), ["priority,tickets", ...rows.map((row) => row.join(","))].join("\r\n") + "\r\n");
  await field.fill("select * from read_text('/etc/passwd')");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  assert.match(await page.getByRole("alert").innerText(), /read_text/);
  await field.fill("select met from mart_service_desk.sla_by_month where br");
  await field.press("End");
  await field.pressSequentially("ea");
  assert.match(await page.getByRole("listbox").innerText(), /breached/);
  await close();
});
