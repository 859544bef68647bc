// A warehouse of a real ServiceNow log: what the pages say of all time is what /api/v1/metrics says, which is what the oracle counted
// from the log itself (ORACLE: one JSON object, from metrics to numbers or null).
import assert from "node:assert/strict";
import { test } from "node:test";
import { getJson, near, open, query, settled, shown } from "./browser.mjs";

const oracle = JSON.parse(process.env.ORACLE);
const CARDS = {
  "/?period=all": ["created_tickets", "resolved_tickets", "backlog", "sla_attainment", "p50_resolution_hours", "p50_first_response_minutes", "csat"],
  "/service-desk?period=all": ["net_flow", "backlog_over_30_days", "stale_tickets", "sla_attainment", "response_sla_attainment", "mean_resolution_hours", "mean_first_response_minutes", "reopen_rate"],
  "/performance?period=all": ["first_contact_resolution", "first_assignment_resolution", "handoffs_per_ticket"],
  "/customers?period=all": ["repeat_contact_rate", "at_risk_requesters"],
  "/assets": ["assets"],
};
for (const [path, names] of Object.entries(CARDS)) {
  test(`${path} says what the API and the oracle say`, async () => {
    const { page, complaints, close } = await open(path);
    for (const name of names) {
      const { rows } = await getJson(`/api/v1/metrics/${name}`);
      near(rows[0].value === null ? null : Number(rows[0].value), oracle[name], `${name} of the API, and of the oracle`);
      near(await shown(page, name), oracle[name], name);
    }
    assert.deepEqual(complaints, []);
    await close();
  });
}
test("there is something to compare", () => {
  assert.equal(oracle.created_tickets, 20_769);
  assert.ok(Object.values(CARDS).flat().filter((name) => oracle[name] > 0).length > 10);
});
test("every page is whole where a source has tickets only", async () => {
  for (const path of ["/finance", "/live", "/quality", "/pipeline", "/explore", "/tickets?created=period&breached=true"]) {
    const { page, complaints, close } = await open(path);
    assert.equal(await page.locator(".state.error").count(), 0, `${path}: a part failed`);
    assert.deepEqual(complaints, [], path);
    await close();
  }
});
test("a filter narrows to what the log has of it, and survives reload", async () => {
  const { page, close } = await open("/?period=all&priority=High");
  const [[high]] = await query("select count(*) from core.fact_tickets where priority = 'High' and not is_deleted");
  assert.equal(Number(high), oracle["created_tickets, High"]);
  assert.equal(await shown(page, "created_tickets"), Number(high));
  await page.reload();
  await settled(page);
  assert.equal(await shown(page, "created_tickets"), Number(high));
  await close();
});
test("a ticket of the log shows each version that the log has of it, and its latest row", async () => {
  const { page, complaints, close } = await open("/tickets/servicenow/INC0028089");
  const history = page.locator("section", { has: page.getByRole("heading", { name: "History", exact: true }) });
  assert.match(await history.innerText(), new RegExp(`\\b${oracle["rows of INC0028089"]} observations`));
  const { items } = await getJson("/api/v1/tickets/servicenow/INC0028089/records");
  assert.ok(items[0].raw.includes("INC0028089"));
  assert.equal(await page.getByRole("region", { name: "Raw records" }).locator("pre").first().innerText(), items[0].raw);
  assert.deepEqual(complaints, []);
  await close();
});
