// One ticket, and the proof of its numbers: what happened, which minutes counted, and the raw records it came from.
import { ledgerOf, recordsOf, type Ledger, type RawRecord } from "../api/proof";
import { useRows } from "../api/query";
import { useData } from "../api/use";
import { Panel } from "../components/panel";
import { Empty, Failed, Loading } from "../components/states";
import { segmentOf, ticketEvents, ticketFacts, ticketViolations, ticketWork, type TicketEvent, type TicketFacts, type ViolationRow, type WorkRow } from "../data/tickets";
import { t } from "../i18n";
import { count, dateTime, decimal, hours, minutes } from "../lib/format";
import { href, useLocation } from "../lib/location";
import { segmentWord, word } from "../lib/words";
import { SlaBadge } from "./tickets";

const clockWord = (kind: string) => ({ counted: t("counted"), stopped: t("stopped"), closed: t("outside hours") })[kind] ?? kind;
const clockColour = (kind: string) => ({ counted: "chart-1", stopped: "chart-muted" })[kind] ?? "surface-3";

/** The ledger as a strip of time: what counted is coloured, what did not is grey; the mark is where the target was reached. */
function Strip({ ledger }: { ledger: Ledger }) {
  const spans = ledger.spans;
  const start = Date.parse(spans[0]?.from ?? "");
  const length = Date.parse(spans.at(-1)?.to ?? "") - start;
  if (!(length > 0)) return null;
  const x = (time: string) => ((Date.parse(time) - start) / length) * 1000;
  const due = ledger.due_at && Date.parse(ledger.due_at) <= start + length ? x(ledger.due_at) : undefined;
  return (
    <svg viewBox="0 0 1000 34" width="100%" height="34" preserveAspectRatio="none" aria-hidden="true">
      {spans.map((span) => <rect x={x(span.from)} y="7" width={Math.max(1, x(span.to) - x(span.from))} height="20" fill={`var(--${clockColour(span.kind)})`} />)}
      {due !== undefined && <line x1={due} x2={due} y1="0" y2="34" stroke="var(--bad)" stroke-width="3" vector-effect="non-scaling-stroke" />}
    </svg>
  );
}

function Sla({ ledger }: { ledger: Ledger }) {
  const used = ledger.elapsed_minutes;
  return (
    <>
      <p>
        {ledger.resolution_target_minutes === null ? t("No target applies.")
          : t("Resolve within {target}: {used} used.", { target: minutes(ledger.resolution_target_minutes), used: minutes(used) })}{" "}
        {ledger.sla_breached !== null && <b class={ledger.sla_breached ? "bad" : "good"}>{ledger.sla_breached ? t("Breached") : t("Not breached")}</b>}
        {ledger.due_at && <span class="muted"> · {t("due {time}", { time: dateTime(ledger.due_at, true) })}</span>}
      </p>
      <p class="small muted">
        {t("Answer within {target}: answered after {used}.", { target: minutes(ledger.response_target_minutes), used: minutes(ledger.first_response_minutes) })}{" "}
        {t("Policy {policy}, calendar {calendar} ({zone}); the clock stops in {statuses}.", {
          policy: ledger.policy, calendar: ledger.calendar, zone: ledger.calendar_zone, statuses: ledger.stop_statuses.map(word).join(", "),
        })}
        {ledger.breach_agent && ` ${t("Held by {agent} when it ran out.", { agent: ledger.breach_agent })}`}
      </p>
      <Strip ledger={ledger} />
      <div class="table-box" tabIndex={0} role="region" aria-label={t("Minute ledger")}>
        <table>
          <thead>
            <tr><th scope="col">{t("From")}</th><th scope="col">{t("To")}</th><th scope="col">{t("Clock")}</th><th scope="col">{t("Status")}</th><th scope="col" class="num">{t("Length")}</th><th scope="col" class="num">{t("Counted so far")}</th></tr>
          </thead>
          <tbody>
            {ledger.spans.map((span) => (
              <tr>
                <td>{dateTime(span.from, true)}</td><td>{dateTime(span.to, true)}</td><td>{clockWord(span.kind)}</td><td>{word(span.status)}</td>
                <td class="num">{minutes(span.minutes)}</td><td class="num">{minutes(span.elapsed_minutes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function What({ event }: { event: TicketEvent }) {
  const changes = [
    event.status && `${t("Status")}: ${word(event.status)}`, event.priority && `${t("Priority")}: ${word(event.priority)}`, event.category && `${t("Category")}: ${event.category}`,
    event.assigned_to !== null && `${t("Agent")}: ${event.assigned_to || "–"}`, event.group_name !== null && `${t("Group")}: ${event.group_name || "–"}`,
  ].filter(Boolean);
  return (
    <li>
      <b>{event.event_type ?? t("changed")}</b> <span class="muted">{event.actor && t("by {actor}", { actor: event.actor })}</span>
      {changes.length > 0 && <div class="small">{changes.join(" · ")}</div>}
      {event.detail && <div class="small">{event.detail}</div>}
      <time dateTime={event.event_at}>{dateTime(event.event_at, true)}</time>
    </li>
  );
}

function Facts({ facts }: { facts: TicketFacts }) {
  const segment = useRows<{ segment: string }>(facts.requester_key === null ? null : segmentOf(facts.requester_key));
  const rows: [string, preact.ComponentChildren][] = [
    [t("Status"), word(facts.status)], [t("Priority"), <><span class={`dot ${facts.priority.toLowerCase()}`} /> {word(facts.priority)}</>],
    [t("SLA"), <SlaBadge row={facts} />], [t("Type"), facts.type], [t("Category"), [facts.category, facts.sub_category].filter(Boolean).join(" › ")], [t("Channel"), facts.channel],
    [t("Group"), facts.group_name], [t("Agent"), facts.agent], [t("Requester"), facts.requester], [t("Department"), facts.department],
    [t("Segment"), segment.data?.[0] && segmentWord(segment.data[0].segment)], [t("Asset"), facts.asset],
    [t("Created"), dateTime(facts.created_at)], [t("First response"), facts.first_response_at && `${dateTime(facts.first_response_at)} (${minutes(facts.first_response_minutes)})`],
    [t("Resolved"), facts.resolved_at && `${dateTime(facts.resolved_at)} (${hours(facts.resolution_hours)})`], [t("Due"), dateTime(facts.due_at)],
    [t("Reopened"), count(facts.reopen_count)], [t("Reassigned"), count(facts.reassignment_count)],
  ];
  return <dl class="facts">{rows.map(([name, value]) => <div><dt>{name}</dt><dd>{value || "–"}</dd></div>)}</dl>;
}

export default function Ticket() {
  const [, , source = "", id = ""] = useLocation().path.split("/").map(decodeURIComponent);
  const key = `${source} ${id}`;
  const facts = useRows<TicketFacts>(ticketFacts(source, id));
  const events = useRows<TicketEvent>(ticketEvents(source, id));
  const work = useRows<WorkRow>(ticketWork(source, id));
  const violations = useRows<ViolationRow>(ticketViolations(id));
  const ledger = useData<Ledger>(`ledger ${key}`, () => ledgerOf(source, id));
  const records = useData<RawRecord[]>(`records ${key}`, () => recordsOf(source, id));
  if (facts.error !== undefined && !facts.data) return <Failed error={facts.error} retry={facts.retry} />;
  if (!facts.data) return <Loading />;
  const ticket = facts.data[0];
  if (!ticket) return <Empty text={t("{source} has no ticket {id}.", { source, id })} />;
  return (
    <>
      <p class="small"><a href={href("/tickets")} onClick={(event) => { if (history.length > 1) { event.preventDefault(); event.stopPropagation(); history.back(); } }}>← {t("Back to the tickets")}</a></p>
      <div class="grid">
        <Panel span={12} title={`${ticket.ticket_id} · ${ticket.subject ?? ""}`} sub={ticket.is_deleted ? t("Deleted in {source}: it counts in no number", { source }) : source}>
          {() => (
            <>
              <Facts facts={ticket} />
              {ticket.description && <p class="raw">{ticket.description}</p>}
            </>
          )}
        </Panel>
        <div class="column span-8">
        <Panel span={8} title={t("SLA, minute by minute")} sub={t("Which time counted, which did not, and the verdict")} from={ledger}>{(data) => <Sla ledger={data} />}</Panel>
        <Panel span={8} title={t("Raw records")} sub={t("What the source said, byte for byte, and where")} from={records} rows={(data) => data}
          columns={[{ title: t("State"), value: (row) => row.state }, { title: t("File"), value: (row) => row.file }, { title: t("Record"), value: (row) => row.record, number: true }, { title: t("Raw"), value: (row) => row.raw }]}
          empty={t("Raw records are kept for staging.retention only.")}>
          {(data) => data.map((record) => (
            <div>
              <p class="small"><b>{record.state}</b> · <span class="mono">{record.file}</span> · {t("record {n}, run {run}", { n: count(record.record), run: record.run_id })}</p>
              <pre class="raw" tabIndex={0}>{record.raw}</pre>
              {record.reasons && <p class="small bad">{record.reasons}</p>}
            </div>
          ))}
        </Panel>
        </div>
        <div class="column span-4">
        <Panel span={4} title={t("History")} sub={t("{n} observations", { n: events.data?.length ?? 0 })} from={events} rows={(data) => data}
          columns={[{ title: t("Time"), value: (row) => row.event_at }, { title: t("What"), value: (row) => row.event_type }, { title: t("Status"), value: (row) => row.status }]}
          empty={t("The source tells no history.")}>
          {(data) => <ul class="timeline">{data.map((event) => <What event={event} />)}</ul>}
        </Panel>
        <Panel span={4} title={t("Work and answers")} from={work} rows={(data) => data} tableOnly empty={t("No time was logged and no survey answered.")}
          columns={[
            { title: t("Time"), value: (row) => row.happened_at, show: (row) => dateTime(row.happened_at) },
            { title: t("What"), value: (row) => row.kind, show: (row) => (row.kind === "time" ? (row.who ?? t("Time")) : t("Survey")) },
            { title: t("Value"), value: (row) => row.amount, show: (row) => (row.kind === "time" ? minutes(row.amount) : `${decimal(row.amount, 0)} / ${decimal(row.max_amount, 0)}`), number: true },
          ]} />
        </div>
        {violations.data && violations.data.length > 0 && (
          <Panel span={12} title={t("What is wrong with this record")} from={violations} tableOnly rows={(data) => data}
            columns={[
              { title: t("Check"), value: (row) => row.check_name }, { title: t("Severity"), value: (row) => row.severity }, { title: t("Field"), value: (row) => row.field },
              { title: t("Value"), value: (row) => row.value, wrap: true }, { title: t("Message"), value: (row) => row.message, wrap: true },
            ]} />
        )}
      </div>
    </>
  );
}
