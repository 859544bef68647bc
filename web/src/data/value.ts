// The asset and financial marts.
import type { Statement } from "../api/query";
import type { Filters } from "../lib/filters";
import type { Period } from "../lib/period";
import { date, duringMonths, raw, sql, type Piece } from "./sql";

const inDepartment = (filters: Filters): Piece => {
  const chosen = filters.values.department;
  return chosen ? { sql: `and department in (${chosen.map(() => "?").join(", ")})`, params: chosen } : raw("");
};

export interface AssetTotals {
  assets: number | null;
  book_value: number | null;
  past_life: number | null;
  in_30_days: number | null;
  in_90_days: number | null;
  incidents_per_asset: number | null;
  mtbf: number | null;
  tco: number | null;
}
/** Of today; assets know no period. */
export const assetTotals = (): Statement => raw(`select * from
  (select sum(assets)::bigint as assets, sum(book_value)::double as book_value, sum(past_end_of_life)::bigint as past_life from mart_asset.assets_by_state),
  (select sum(within_30_days)::bigint as in_30_days, sum(within_90_days)::bigint as in_90_days from mart_asset.warranty_expiring),
  (select sum(incidents) / nullif(count(*), 0) as incidents_per_asset, sum(days_in_service) / nullif(sum(incidents), 0) as mtbf, sum(total_cost_of_ownership)::double as tco from mart_asset.reliability)`);

export interface AssetState {
  asset_type: string;
  state: string;
  assets: number;
  cost: number | null;
  book_value: number | null;
  past_end_of_life: number;
}
export const assetStates = (): Statement => raw("select coalesce(asset_type, '–') as asset_type, coalesce(state, '–') as state, assets, cost::double as cost, book_value::double as book_value, past_end_of_life from mart_asset.assets_by_state order by assets desc");
export interface ValueMonth {
  month: string;
  asset_type: string;
  book_value: number | null;
  accumulated: number | null;
  incidents: number;
}
/** From three years before the period's end, so that depreciation has room to show. */
export const valueByMonth = (filters: Filters): Statement => sql`select month::varchar as month, coalesce(asset_type, '–') as asset_type, book_value::double as book_value,
  accumulated_depreciation::double as accumulated, incidents from mart_asset.value_by_month
  where month > ${date(filters.period.to)} - interval 36 month and month <= ${date(filters.period.to)} order by month, asset_type`;
export interface Warranty {
  asset_type: string;
  within_30_days: number;
  within_60_days: number;
  within_90_days: number;
  expired: number;
  without_warranty: number;
}
export const warranties = (): Statement => raw("select coalesce(asset_type, '–') as asset_type, within_30_days, within_60_days, within_90_days, expired, without_warranty from mart_asset.warranty_expiring order by within_90_days desc");
export interface Reliability {
  asset_id: string;
  name: string;
  asset_type: string | null;
  incidents: number;
  mtbf_days: number | null;
  support_cost: number | null;
  tco: number | null;
}
export const unreliable = (): Statement => raw(`select asset_id, name, asset_type, incidents, mtbf_days, support_cost::double as support_cost, total_cost_of_ownership::double as tco
  from mart_asset.reliability order by incidents desc, asset_id limit 100`);

export interface Finance {
  which: string;
  cost_per_ticket: number | null;
  total_cost: number | null;
  labour: number | null;
  overhead: number | null;
  resolved: number | null;
  penalties: number | null;
  depreciation: number | null;
}
export function finance(filters: Filters): Statement {
  const one = (which: string, period: Period): Piece => sql`select ${raw(`'${which}'`)} as which, * from
    (select sum(total_cost)::double / nullif(sum(resolved), 0) as cost_per_ticket, sum(total_cost)::double as total_cost, sum(labour_cost)::double as labour, sum(overhead)::double as overhead,
      sum(resolved)::bigint as resolved from mart_financial.cost_per_ticket_by_month where ${duringMonths("month", period)}),
    (select sum(penalty)::double as penalties from mart_financial.breach_penalties_by_month where ${duringMonths("month", period)}),
    (select sum(depreciation)::double as depreciation from mart_financial.depreciation_by_month where ${duringMonths("month", period)})`;
  const now = one("period", filters.period);
  return filters.previous ? sql`${now} union all ${one("previous", filters.previous)}` : now;
}
export interface CostMonth {
  month: string;
  labour: number;
  overhead: number;
  resolved: number;
  cost_per_ticket: number | null;
}
export const costMonths = (filters: Filters): Statement => sql`select month::varchar as month, labour_cost::double as labour, overhead::double as overhead, resolved, cost_per_ticket
  from mart_financial.cost_per_ticket_by_month where ${duringMonths("month", filters.period)} order by month`;
export interface Charge {
  department: string;
  cost_center: string | null;
  tickets: number;
  hours: number | null;
  labour: number;
  overhead: number;
  charge: number;
}
export const chargeback = (filters: Filters): Statement => sql`select department, any_value(cost_center) as cost_center, sum(tickets)::bigint as tickets, sum(hours) as hours, sum(labour_cost)::double as labour,
  sum(overhead_share)::double as overhead, sum(charge)::double as charge from mart_financial.chargeback where ${duringMonths("month", filters.period)} ${inDepartment(filters)} group by 1 order by charge desc`;
export interface CategoryCost {
  category: string;
  tickets: number;
  resolved: number;
  hours: number | null;
  labour: number | null;
  per_resolved: number | null;
}
export const categoryCosts = (): Statement => raw("select category, tickets, resolved, hours, labour_cost::double as labour, labour_cost_per_resolved as per_resolved from mart_financial.cost_by_category order by labour desc nulls last");
export interface Depreciation {
  month: string;
  asset_type: string;
  depreciation: number;
}
export const depreciation = (filters: Filters): Statement => sql`select month::varchar as month, coalesce(asset_type, '–') as asset_type, depreciation::double as depreciation
  from mart_financial.depreciation_by_month where ${duringMonths("month", filters.period)} order by month`;
export interface Initiative {
  name: string;
  cost: number;
  benefit: number;
  roi: number | null;
}
export const initiatives = (): Statement => raw("select name, cost::double as cost, benefit::double as benefit, roi from mart_financial.initiatives order by roi desc");
