// The customer mart: satisfaction, how often people ask, and who they are.
import { useMemo } from "preact/hooks";
import { useSpan } from "../api/catalog";
import { useRows } from "../api/query";
import { Chart } from "../charts/chart";
import { overAxis } from "../charts/options";
import { Bars } from "../components/bars";
import { Kpi } from "../components/kpi";
import { Panel } from "../components/panel";
import { contacts, csatByCategory, customerMonths, customers, monthsOf, repeatRate, segments, topRequesters, type CategoryCsat, type CustomerMonth, type Customers as Sums, type DepartmentContacts, type SegmentRow, type TopRequester } from "../data/marts";
import { t } from "../i18n";
import { ticketsHref } from "../lib/drill";
import { useFilters } from "../lib/filters";
import { count, decimal, month, share } from "../lib/format";
import { segmentWord } from "../lib/words";
import { MonthsNote } from "../parts/months";

export default function Customers() {
  const filters = useFilters(useSpan());
  const sums = useRows<Sums>(customers(filters));
  const months = useRows<CustomerMonth>(customerMonths(filters));
  const parts = useRows<SegmentRow>(segments(filters));
  const departments = useRows<DepartmentContacts>(contacts(filters));
  const categories = useRows<CategoryCsat>(csatByCategory());
  const top = useRows<TopRequester>(topRequesters(filters));
  const now = sums.data?.find((row) => row.which === "period");
  const then = sums.data?.find((row) => row.which === "previous");
  const shown = useMemo(() => months.data && monthsOf(months.data, filters.period), [months.data, filters.period.from, filters.period.to]);
  const before = filters.previous && months.data && monthsOf(months.data, filters.previous);
  const line = (pick: (row: CustomerMonth) => number | null) => shown?.map(pick);
  const all = Object.keys(filters.values).length ? t("Of the whole desk: does not follow the filters") : undefined;
  const atRisk = parts.data?.find((row) => row.segment === "At Risk")?.requesters;

  const option = useMemo(() => {
    const rows = shown ?? [];
    return () => overAxis(rows.map((row) => row.month), [
      { name: t("Answers"), values: rows.map((row) => row.answers), colour: "chart-muted", kind: "bar" },
      { name: "CSAT", values: rows.map((row) => row.csat), colour: "chart-1", axis: 1 },
      { name: t("Repeat contacts"), values: rows.map((row) => row.repeat_rate), colour: "chart-3", axis: 1 },
    ], { value: count, second: (value) => share(value, 0), name: month });
  }, [shown]);

  return (
    <>
      <MonthsNote filters={filters} />
      <div class="kpis">
        <Kpi metric="csat" value={now?.csat} previous={then?.csat} spark={line((row) => row.csat)} error={sums.error} note={all} />
        <Kpi metric="nps" value={now?.nps} previous={then?.nps} error={sums.error} note={now && now.nps === null ? t("No answers on a scale to 10") : all} />
        <Kpi metric="survey_response_rate" value={now?.response_rate} previous={then?.response_rate} spark={line((row) => row.response_rate)} error={sums.error} note={all} />
        <Kpi metric="repeat_contact_rate" value={shown && repeatRate(shown)} previous={before && repeatRate(before)} spark={line((row) => row.repeat_rate)} error={months.error} note={all} />
        <Kpi metric="contact_rate" value={now?.contact_rate} previous={then?.contact_rate} error={sums.error} />
        <Kpi metric="at_risk_requesters" value={parts.data && (atRisk ?? 0)} error={parts.error} href={ticketsHref({ segment: "At Risk" })} note={t("Today")} />
      </div>
      <div class="grid">
        <Panel span={7} title={t("Satisfaction and repeat contacts")} sub={t("By month")} metric="csat" from={months} rows={(data) => monthsOf(data, filters.period)}
          columns={[
            { title: t("Month"), value: (row) => row.month, show: (row) => month(row.month) }, { title: "CSAT", value: (row) => row.csat, show: (row) => share(row.csat), number: true },
            { title: t("Answers"), value: (row) => row.answers, number: true }, { title: t("Repeat contacts"), value: (row) => row.repeat_rate, show: (row) => share(row.repeat_rate), number: true },
          ]}>
          {() => <Chart option={option} height={300} label={t("Satisfaction, answers and repeat contacts by month")} />}
        </Panel>
        <Panel span={5} title={t("CSAT by category")} sub={t("All time, least satisfied first")} metric="csat" from={categories} rows={(data) => data}
          columns={[{ title: t("Category"), value: (row) => row.category }, { title: t("Answers"), value: (row) => row.answers, number: true }, { title: "CSAT", value: (row) => row.csat, show: (row) => share(row.csat), number: true }]}>
          {(rows) => <Bars max={1} bars={rows.slice(0, 9).map((row) => ({ name: row.category, value: row.csat ?? 0, text: share(row.csat), href: ticketsHref({ category: row.category }) }))} />}
        </Panel>
        <Panel span={6} title={t("Segments")} sub={t("Requesters as of today")} metric="requesters" from={parts} tableOnly rows={(data) => data}
          columns={[
            { title: t("Segment"), value: (row) => row.segment, show: (row) => <a href={ticketsHref({ segment: row.segment })}>{segmentWord(row.segment)}</a> },
            { title: t("Requesters"), value: (row) => row.requesters, show: (row) => count(row.requesters), number: true },
            { title: t("Tickets"), value: (row) => row.tickets, show: (row) => count(row.tickets), number: true },
            { title: t("Last 4 quarters"), value: (row) => row.recent_tickets, show: (row) => count(row.recent_tickets), number: true },
            { title: "CSAT", value: (row) => row.csat, show: (row) => share(row.csat), number: true },
          ]} />
        <Panel span={6} title={t("Contacts by department")} sub={t("Tickets for each head of the department, per month")} metric="contact_rate" from={departments} tableOnly rows={(data) => data} first={10}
          columns={[
            { title: t("Department"), value: (row) => row.department, show: (row) => <a href={ticketsHref({ created: "period", department: row.department })}>{row.department}</a> },
            { title: t("Tickets"), value: (row) => row.tickets, show: (row) => count(row.tickets), number: true },
            { title: t("Headcount"), value: (row) => row.headcount, show: (row) => count(row.headcount), number: true },
            { title: t("Per head"), value: (row) => row.per_head, show: (row) => decimal(row.per_head, 2), number: true },
          ]} />
        <Panel span={12} title={t("Who asks most")} sub={t("In this and the three quarters before")} from={top} tableOnly rows={(data) => data} first={10}
          columns={[
            { title: t("Rank"), value: (row) => row.rank, number: true }, { title: t("Requester"), value: (row) => row.name },
            { title: t("Segment"), value: (row) => row.segment, show: (row) => segmentWord(row.segment) },
            { title: t("Last 4 quarters"), value: (row) => row.recent_tickets, show: (row) => count(row.recent_tickets), number: true },
            { title: t("Tickets"), value: (row) => row.tickets, show: (row) => count(row.tickets), number: true },
            { title: "CSAT", value: (row) => row.csat, show: (row) => share(row.csat), number: true },
          ]} />
      </div>
    </>
  );
}
