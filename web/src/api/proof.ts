// What only the server can tell of a ticket: its SLA ledger, minute by minute, and the raw records that it came from.
import { getJson } from "./client";

export interface LedgerSpan {
  from: string;
  to: string;
  kind: string;
  status: string;
  minutes: number;
  elapsed_minutes: number;
}
export interface Ledger {
  policy: string;
  calendar: string;
  calendar_zone: string;
  stop_statuses: string[];
  resolution_target_minutes: number | null;
  elapsed_minutes: number | null;
  due_at: string | null;
  sla_breached: boolean | null;
  response_target_minutes: number | null;
  first_response_minutes: number | null;
  response_due_at: string | null;
  response_breached: boolean | null;
  breach_agent: string | null;
  spans: LedgerSpan[];
}
export interface RawRecord {
  state: string;
  source: string;
  run_id: number;
  file: string;
  record: number;
  position: number;
  raw: string;
  reasons: string | null;
}
export const ledgerOf = (source: string, id: string): Promise<Ledger> =>
  getJson(`/api/v1/tickets/${encodeURIComponent(source)}/${encodeURIComponent(id)}/sla`);
export const recordsOf = async (source: string, id: string): Promise<RawRecord[]> =>
  (await getJson<{ items: RawRecord[] }>(`/api/v1/tickets/${encodeURIComponent(source)}/${encodeURIComponent(id)}/records`)).items;
