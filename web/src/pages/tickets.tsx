// The tickets behind a number. What is shown is said by the address; each condition can be taken away.
import { useSpan } from "../api/catalog";
import { useRows } from "../api/query";
import { Icon } from "../components/icons";
import { Panel } from "../components/panel";
import { PAGE_ROWS, readWanted, ticketCount, ticketPage, type TicketRow, type Wanted } from "../data/tickets";
import { t } from "../i18n";
import { ticketHref } from "../lib/drill";
import { readFilters } from "../lib/filters";
import { count, dateTime, hours } from "../lib/format";
import { change, useLocation } from "../lib/location";
import { word } from "../lib/words";

const CONDITIONS: { key: keyof Wanted & string; value: string; title: () => string }[] = [
  { key: "created", value: "period", title: () => t("Created in the period") },
  { key: "resolved", value: "period", title: () => t("Resolved in the period") },
  { key: "open", value: "true", title: () => t("Open now") },
  { key: "breached", value: "true", title: () => t("SLA breached") },
  { key: "reopened", value: "true", title: () => t("Reopened") },
  { key: "stale", value: "true", title: () => t("Untouched for 5 days") },
];

export function SlaBadge({ row }: { row: Pick<TicketRow, "sla_breached" | "is_open"> }) {
  if (row.sla_breached) return <span class="badge bad">{t("Breached")}</span>;
  if (row.sla_breached === null) return <span class="badge">{t("Not judged")}</span>;
  return row.is_open ? <span class="badge">{t("In time")}</span> : <span class="badge good">{t("Met")}</span>;
}

export default function Tickets() {
  const { params } = useLocation();
  const filters = readFilters(params, useSpan());
  const wanted = readWanted(params);
  const page = Math.max(0, Number.parseInt(params.get("page") ?? "1", 10) - 1 || 0);
  const rows = useRows<TicketRow>(ticketPage(filters, wanted, page));
  const totals = useRows<{ tickets: number; breached: number; open: number }>(ticketCount(filters, wanted));
  const total = totals.data?.[0];
  const last = total ? Math.max(0, Math.ceil(total.tickets / PAGE_ROWS) - 1) : page;
  return (
    <>
      <div class="toolbar" role="group" aria-label={t("Conditions")}>
        {CONDITIONS.map(({ key, value, title }) => {
          const on = Boolean(wanted[key]);
          return (
            <button type="button" class={`button ${on ? "primary" : ""}`} aria-pressed={on} onClick={() => change({ [key]: on ? undefined : value, page: undefined })}>
              {on && <Icon name="check" />}{title()}
            </button>
          );
        })}
        <span class="grow" />
        <input class="field" type="search" placeholder={t("Number or words of the subject")} aria-label={t("Number or words of the subject")} value={wanted.text}
          onChange={(event) => change({ q: event.currentTarget.value, page: undefined })} />
        <select class="field" aria-label={t("Order")} value={wanted.sort} onChange={(event) => change({ sort: event.currentTarget.value === "created" ? undefined : event.currentTarget.value, page: undefined })}>
          <option value="created">{t("Newest first")}</option>
          <option value="age">{t("Oldest first")}</option>
          <option value="resolution">{t("Slowest first")}</option>
        </select>
      </div>
      <div class="grid">
        <Panel span={12} title={total ? t("{n} tickets", { n: count(total.tickets) }) : t("Tickets")} from={rows} tableOnly rows={(data) => data} first={PAGE_ROWS}
          sub={total && t("{open} open, {breached} over their target", { open: count(total.open), breached: count(total.breached) })}
          columns={[
            { title: t("Ticket"), value: (row) => row.ticket_id, show: (row) => <a class="mono" href={ticketHref(row.source, row.ticket_id)}>{row.ticket_id}</a> },
            { title: t("Subject"), value: (row) => row.subject, wrap: true },
            { title: t("Priority"), value: (row) => row.priority, show: (row) => <><span class={`dot ${row.priority.toLowerCase()}`} /> {word(row.priority)}</> },
            { title: t("Status"), value: (row) => row.status, show: (row) => word(row.status) },
            { title: t("SLA"), value: (row) => row.sla_breached, show: (row) => <SlaBadge row={row} /> },
            { title: t("Category"), value: (row) => row.category },
            { title: t("Group"), value: (row) => row.group_name },
            { title: t("Agent"), value: (row) => row.agent },
            { title: t("Created"), value: (row) => row.created_at, show: (row) => dateTime(row.created_at) },
            { title: t("Resolved after, or age"), value: (row) => row.resolution_hours ?? row.age_days * 24, show: (row) => hours(row.resolution_hours ?? row.age_days * 24), number: true },
          ]} />
      </div>
      {last > 0 && (
        <nav class="pager" aria-label={t("Pages of the list")}>
          <button class="button" type="button" disabled={page === 0} onClick={() => change({ page: page === 1 ? undefined : String(page) })}>{t("Previous")}</button>
          <span>{t("Page {n} of {all}", { n: count(page + 1), all: count(last + 1) })}</span>
          <button class="button" type="button" disabled={page >= last} onClick={() => change({ page: String(page + 2) })}>{t("Next")}</button>
        </nav>
      )}
    </>
  );
}
