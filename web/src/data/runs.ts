// What the pipeline did, and what it found wrong: schema meta, and what was set apart.
import type { Statement } from "../api/query";
import { raw, sql } from "./sql";

export interface Check {
  check_name: string;
  severity: string;
  violations: number;
  found: number;
  error: string | null;
  seconds: number;
}
/** Each check as it last ran, with the violations that stand, the most first. */
export const checks = (): Statement => raw(`with latest as (select check_name, max(run_id) as run_id from meta.check_results group by check_name)
  select c.check_name, c.severity, coalesce(s.violations, 0) as violations, c.violations as found, c.error, c.seconds
  from meta.check_results c join latest l on l.check_name = c.check_name and l.run_id = c.run_id left join meta.open_violations s on s.check_name = c.check_name
  order by c.error is null, 3 desc, c.check_name`);
export interface Violation {
  entity: string;
  id: string | null;
  field: string | null;
  value: string | null;
  message: string;
  source: string | null;
}
export const VIOLATIONS_MAX = 500;
/** The first of those that are open, as meta.violation_states says: that no later run found again or saw put right. What
 * later runs said is much less than what there is; and what was found is looked up for the first ones alone. */
export const violations = (check: string): Statement => sql`with later as (select entity, source, id, field, run_id from meta.violations where check_name = ${check}
      and run_id > (select min(run_id) from meta.violations where check_name = ${check})
    union all select entity, source, id, field, run_id from meta.resolutions where check_name = ${check}),
  first as (select v.rowid as place from meta.violations v where v.check_name = ${check} and not exists (select 1 from later l where l.run_id > v.run_id
    and l.entity = v.entity and l.id is not distinct from v.id and l.field is not distinct from v.field and l.source is not distinct from v.source)
    order by v.entity, v.id limit ${VIOLATIONS_MAX})
  select entity, id, field, max(value) as value, max(message) as message, source from meta.violations where rowid in (select place from first)
    group by all order by entity, id`;
export interface ViolationRun {
  run_id: number;
  started_at: string;
  violations: number;
  quarantined: number;
}
export const violationRuns = (): Statement => raw(`select * from (select r.run_id, r.started_at, coalesce(sum(c.violations), 0)::bigint as violations,
    coalesce((select sum(quarantined) from meta.balances b where b.run_id = r.run_id), 0)::bigint as quarantined
  from meta.runs r join meta.check_results c on c.run_id = r.run_id group by all order by r.run_id desc limit 60) order by run_id`);
export interface Repair {
  source: string;
  entity: string;
  field: string;
  defaulted: number;
  nulled: number;
  converted: number;
  ambiguous_time: number;
  discarded: number;
}
/** All runs together: a default is not a silent repair. */
export const repairs = (): Statement => raw(`select source, entity, field, sum(defaulted)::bigint as defaulted, sum(nulled)::bigint as nulled, sum(converted)::bigint as converted,
  sum(ambiguous_time)::bigint as ambiguous_time, sum(discarded)::bigint as discarded from meta.field_counts group by all order by defaulted desc, nulled desc, converted desc`);

export interface Run {
  run_id: number;
  kind: string;
  status: string;
  started_at: string;
  seconds: number | null;
  as_of: string;
  error: string | null;
  version: string;
  source: string | null;
  extracted: number | null;
  loaded: number | null;
  quarantined: number | null;
}
export const runs = (): Statement => raw(`select r.run_id, r.kind, r.status, r.started_at, epoch(r.finished_at) - epoch(r.started_at) as seconds, r.as_of, r.error, r.version, r.source,
    sum(b.extracted)::bigint as extracted, sum(b.loaded)::bigint as loaded, sum(b.quarantined)::bigint as quarantined
  from meta.runs r left join meta.balances b on b.run_id = r.run_id group by all order by r.run_id desc limit 200`);
export interface Balance {
  source: string;
  entity: string;
  extracted: number;
  loaded: number;
  unchanged: number;
  superseded: number;
  quarantined: number;
  ties: number;
}
export const balances = (run: number): Statement => sql`select source, entity, extracted, loaded, unchanged, superseded, quarantined, ties from meta.balances where run_id = ${run} order by extracted desc`;
export interface Stage {
  stage: string;
  name: string;
  rows_in: number;
  rows_out: number;
  errors: number;
  bytes: number;
  seconds: number;
}
export const stages = (run: number): Statement => sql`select stage, name, rows_in, rows_out, errors, bytes, seconds from meta.stages where run_id = ${run} order by seconds desc`;
export interface Source {
  source: string;
  entity: string;
  watermark: string | null;
  run_id: number;
  read_at: string | null;
}
export const sources = (): Statement => raw(`select w.source, w.entity, w.watermark, w.run_id, r.finished_at as read_at
  from meta.watermarks w left join meta.runs r on r.run_id = w.run_id order by w.source, w.entity`);
export interface SetApart {
  run_id: number;
  started_at: string;
  source: string;
  entity: string;
  quarantined: number;
  extracted: number;
}
export const setApart = (): Statement => raw(`select b.run_id, r.started_at, b.source, b.entity, b.quarantined, b.extracted
  from meta.balances b join meta.runs r on r.run_id = b.run_id where b.quarantined > 0 order by b.run_id desc limit 200`);
