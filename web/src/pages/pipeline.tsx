// The pipeline: what each run did, where its time went, how far each source was read, and what was set apart.
import { useRows } from "../api/query";
import { Bars } from "../components/bars";
import { Panel } from "../components/panel";
import { balances, runs, setApart, sources, stages, type Balance, type Run, type SetApart, type Source, type Stage } from "../data/runs";
import { t } from "../i18n";
import { bytes, count, dateTime, seconds } from "../lib/format";
import { href, useLocation } from "../lib/location";

const TONES: Record<string, string> = { succeeded: "good", failed: "bad", running: "accent" };

export default function Pipeline() {
  const { params } = useLocation();
  const all = useRows<Run>(runs());
  const wanted = Number(params.get("run"));
  const run = all.data?.find((one) => one.run_id === wanted) ?? all.data?.[0];
  const balance = useRows<Balance>(run ? balances(run.run_id) : null);
  const stage = useRows<Stage>(run ? stages(run.run_id) : null);
  const read = useRows<Source>(sources());
  const apart = useRows<SetApart>(setApart());
  return (
    <div class="grid">
      <Panel span={12} title={t("Runs")} sub={t("A run is published whole or not at all; choose one to see it")} from={all} tableOnly rows={(data) => data} first={8}
        columns={[
          { title: t("Run"), value: (row) => row.run_id, show: (row) => <a href={href("/pipeline", { run: String(row.run_id) })} aria-current={row === run}>{t("Run {n}", { n: row.run_id })}</a> },
          { title: t("Status"), value: (row) => row.status, show: (row) => <span class={`badge ${TONES[row.status] ?? ""}`}>{row.status}</span> },
          { title: t("Kind"), value: (row) => (row.source ? `${row.kind}: ${row.source}` : row.kind) },
          { title: t("Started"), value: (row) => row.started_at, show: (row) => dateTime(row.started_at, true) },
          { title: t("Took"), value: (row) => row.seconds, show: (row) => seconds(row.seconds), number: true },
          { title: t("As of"), value: (row) => row.as_of, show: (row) => dateTime(row.as_of) },
          { title: t("Extracted"), value: (row) => row.extracted, show: (row) => count(row.extracted), number: true },
          { title: t("Loaded"), value: (row) => row.loaded, show: (row) => count(row.loaded), number: true },
          { title: t("Quarantined"), value: (row) => row.quarantined, show: (row) => count(row.quarantined), number: true },
          { title: t("Error"), value: (row) => row.error, wrap: true },
        ]} />
      {run && (
        <>
          <Panel span={7} title={t("What became of every record of run {n}", { n: run.run_id })} sub={t("Extracted = loaded + unchanged + superseded + quarantined")} from={balance} tableOnly rows={(data) => data} first={20}
            empty={t("This run extracted nothing.")}
            columns={[
              { title: t("Entity"), value: (row) => `${row.source}.${row.entity}` }, { title: t("Extracted"), value: (row) => row.extracted, show: (row) => count(row.extracted), number: true },
              { title: t("Loaded"), value: (row) => row.loaded, show: (row) => count(row.loaded), number: true }, { title: t("Unchanged"), value: (row) => row.unchanged, show: (row) => count(row.unchanged), number: true },
              { title: t("Superseded"), value: (row) => row.superseded, show: (row) => count(row.superseded), number: true },
              { title: t("Quarantined"), value: (row) => row.quarantined, show: (row) => row.quarantined ? <b class="warn">{count(row.quarantined)}</b> : "0", number: true },
              {
                title: t("Balance"), value: (row) => row.extracted - row.loaded - row.unchanged - row.superseded - row.quarantined,
                show: (row) => row.extracted === row.loaded + row.unchanged + row.superseded + row.quarantined ? <span class="good">✓ <span class="sr">{t("holds")}</span></span> : <b class="bad">{t("does not hold")}</b>,
              },
            ]} />
          <Panel span={5} title={t("Where the time of run {n} went", { n: run.run_id })} sub={t("{all} in all; the longest stages", { all: seconds(run.seconds) })} from={stage} rows={(data) => data}
            columns={[
              { title: t("Stage"), value: (row) => row.stage }, { title: t("Name"), value: (row) => row.name }, { title: t("Rows in"), value: (row) => row.rows_in, number: true },
              { title: t("Bytes"), value: (row) => row.bytes, show: (row) => bytes(row.bytes), number: true }, { title: t("Time"), value: (row) => row.seconds, show: (row) => seconds(row.seconds), number: true },
            ]}>
            {(data) => <Bars bars={data.slice(0, 14).map((row) => ({ name: row.name || row.stage, value: row.seconds, text: seconds(row.seconds) }))} />}
          </Panel>
        </>
      )}
      <Panel span={5} title={t("Records set apart")} sub={t("They are in no number. List them with their reasons: deskhouse quarantine list")} from={apart} tableOnly rows={(data) => data} first={12}
        empty={t("No run has set a record apart.")}
        columns={[
          { title: t("Run"), value: (row) => row.run_id, show: (row) => t("Run {n}", { n: row.run_id }) }, { title: t("Entity"), value: (row) => `${row.source}.${row.entity}` },
          { title: t("Quarantined"), value: (row) => row.quarantined, show: (row) => count(row.quarantined), number: true },
          { title: t("Extracted"), value: (row) => row.extracted, show: (row) => count(row.extracted), number: true },
        ]} />
      <Panel span={7} title={t("Sources")} sub={t("How far each was read")} from={read} tableOnly rows={(data) => data} first={20}
        columns={[
          { title: t("Source"), value: (row) => row.source }, { title: t("Entity"), value: (row) => row.entity },
          { title: t("Newest change read"), value: (row) => row.watermark, show: (row) => dateTime(row.watermark) },
          { title: t("Last read"), value: (row) => row.read_at, show: (row) => dateTime(row.read_at) }, { title: t("Run"), value: (row) => row.run_id, number: true },
        ]} />
    </div>
  );
}
