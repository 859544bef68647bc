// The warehouse as a whole: for when it speaks, how old that is, how clean the data came in.
import { age } from "../lib/format";
import { rowsOf } from "./query";
import { setSpan } from "./catalog";
import { firstRead } from "./live";
import { begin, useData, type Loaded } from "./use";

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
/** Older than this, the page says so: most desks load at least daily. */
const STALE_SECONDS = 2 * 86_400;

async function read(): Promise<Warehouse> {
  const rows = await rowsOf<Record<string, string | number | null>>({
    // Nothing in it but the data, so that the answer is kept; each page waits for it.
    sql: `select n.as_of::varchar as as_of, n.today::varchar as today, coalesce((select min(created_day) from core.ticket_spans), n.today)::varchar as first,
        s.data_version, r.version, r.finished_at, q.records, q.violated
      from core.today n, meta.state s, (select version, finished_at from meta.runs where status = 'succeeded' order by run_id desc limit 1) r,
        (select coalesce(sum(records), 0)::bigint as records, coalesce(sum(round((1 - consistency) * records)), 0)::bigint as violated from meta.quality
          where run_id = (select max(run_id) from meta.quality) and entity <> 'ticket_events') q`,
    params: [],
  });
  const row = rows[0];
  if (!row) throw new Error("no run has succeeded yet");
  firstRead(Number(row.data_version));
  setSpan({ today: String(row.today), first: String(row.first), now: String(row.as_of) });
  const seconds = Math.max(0, (Date.now() - Date.parse(String(row.finished_at))) / 1000);
  const records = Number(row.records ?? 0);
  const clean = Math.max(0, records - Number(row.violated ?? 0));
  return {
    version: String(row.version), as_of: String(row.as_of), data_version: Number(row.data_version), age: age(seconds),
    stale: seconds > STALE_SECONDS, quality: { score: records ? clean / records : null, clean, records },
  };
}
async function load(): Promise<Warehouse> {
  try {
    return await read();
  } catch (error) {
    firstRead(0); // whatever is told from now on is news
    throw error;
  }
}
export const beginWarehouse = (): void => begin("warehouse", load);
export const useWarehouse = (): Loaded<Warehouse> => useData("warehouse", load);
