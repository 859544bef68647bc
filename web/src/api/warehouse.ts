// The warehouse as a whole: for when it speaks, how old that is, how clean the data came in.
import { age } from "../lib/format";
import { rowsOf } from "./query";
import { setSpan } from "./catalog";
import { useData, type Loaded } from "./use";

export interface Warehouse {
  version: string;
  as_of: string;
  data_version: number;
  /** How long ago the last run ended, in words. */
  age: string;
  stale: boolean;
  /** Records without a violation, of all that are loaded, as the last run counted them. */
  quality: { score: number | null; clean: number; records: number };
}
const ENTITIES = ["tickets", "requesters", "agents", "groups", "departments", "assets", "changes", "problems", "surveys", "time_entries"];
/** Older than this, the page says so: most desks load at least daily. */
const STALE_SECONDS = 2 * 86_400;

async function load(): Promise<Warehouse> {
  const rows = await rowsOf<Record<string, string | number | null>>({
    sql: `select (select as_of from core.today)::varchar as as_of, (select today from core.today)::varchar as today,
      coalesce((select min(created_day) from core.ticket_spans), (select today from core.today))::varchar as first,
      (select data_version from meta.state) as data_version, r.version, epoch(current_timestamp) - epoch(r.finished_at) as seconds,
      (select ${ENTITIES.map((entity) => `(select count(*) from operational.${entity})`).join(" + ")}) as records,
      (select coalesce(sum(round((1 - consistency) * records)), 0) from meta.quality where run_id = (select max(run_id) from meta.quality)
        and entity in (${ENTITIES.map((entity) => `'${entity}'`).join(", ")})) as violated
    from meta.runs r where r.status = 'succeeded' order by run_id desc limit 1`,
    params: [],
  });
  const row = rows[0];
  if (!row) throw new Error("no run has succeeded yet");
  setSpan({ today: String(row.today), first: String(row.first), now: String(row.as_of) });
  const records = Number(row.records ?? 0);
  const clean = Math.max(0, records - Number(row.violated ?? 0));
  return {
    version: String(row.version), as_of: String(row.as_of), data_version: Number(row.data_version), age: age(Number(row.seconds)),
    stale: Number(row.seconds) > STALE_SECONDS, quality: { score: records ? clean / records : null, clean, records },
  };
}
export const useWarehouse = (): Loaded<Warehouse> => useData("warehouse", load);
