// Records that were set apart, with their raw bytes and all reasons.
import { rowsOf } from "./query";

export interface Rejected {
  run_id: number;
  source: string;
  entity: string;
  file: string;
  line: number;
  record_id: string | null;
  reasons: { field: string; reason: string; value: string }[];
  raw: string;
  status: string;
  extracted_at: string;
}
export async function quarantine(): Promise<Rejected[]> {
  const rows = await rowsOf<Omit<Rejected, "reasons"> & { reasons: string }>({
    sql: "select run_id, source, entity, file, line, record_id, reasons, decode(raw, 'replace') as raw, status, extracted_at from staging.quarantine order by run_id desc, position limit 500", params: [],
  });
  return rows.map((row) => ({ ...row, reasons: JSON.parse(row.reasons) as Rejected["reasons"] }));
}
