// What needs somebody today, each with the way to it.
import { useSpan } from "../api/catalog";
import { useRows } from "../api/query";
import { Icon, type IconName } from "../components/icons";
import { Panel } from "../components/panel";
import { openMatters, slippingCategories, unusualDays, type Open, type Slipping, type Unusual } from "../data/attention";
import type { FlowPoint } from "../data/flow";
import { t } from "../i18n";
import { ticketsHref } from "../lib/drill";
import type { Filters } from "../lib/filters";
import { count, day, decimal, share } from "../lib/format";
import { href } from "../lib/location";

interface Item {
  tone: "bad" | "warn" | "good" | "muted";
  icon: IconName;
  head: string;
  text: string;
  href?: string;
}

function items(open: Open, unusual: Unusual[], slipping: Slipping[], series: FlowPoint[]): Item[] {
  const found: Item[] = [];
  if (open.breached_open > 0) {
    found.push({ tone: "bad", icon: "clock", head: t("{n} open tickets are over their target", { n: count(open.breached_open) }),
      text: open.due_soon > 0 ? t("{n} more will be within a day", { n: count(open.due_soon) }) : t("No other is due within a day"), href: ticketsHref({ open: "true", breached: "true", sort: "age" }) });
  } else if (open.due_soon > 0) {
    found.push({ tone: "warn", icon: "clock", head: t("{n} open tickets reach their target within a day", { n: count(open.due_soon) }), text: t("Oldest first"), href: ticketsHref({ open: "true", sort: "age" }) });
  }
  if (open.stale > 0) {
    found.push({ tone: "warn", icon: "tickets", head: t("{n} open tickets lie untouched", { n: count(open.stale) }), text: t("No update for 5 days or more"), href: ticketsHref({ stale: "true", sort: "age" }) });
  }
  for (const one of slipping) {
    found.push({ tone: "bad", icon: "down", head: t("SLA of {name} fell to {value}", { name: one.name, value: share(one.now) }),
      text: t("{before} in the period before; {n} tickets", { before: share(one.before), n: count(one.tickets) }), href: ticketsHref({ created: "period", breached: "true", category: one.name }) });
  }
  for (const one of unusual) {
    found.push({ tone: "warn", icon: one.sigma > 0 ? "up" : "down", head: t("{day}: {n} tickets came in", { day: day(one.day), n: count(one.created) }),
      text: t("Usual for that weekday is {usual}; {sigma} standard deviations away", { usual: count(one.usual), sigma: decimal(Math.abs(one.sigma)) }),
      href: href("/tickets", { period: undefined, from: one.day, to: one.day, created: "period" }) });
  }
  const grown = series.reduce((sum, point) => sum + point.created - point.resolved, 0);
  if (series.length) {
    found.push(grown > 0
      ? { tone: "warn", icon: "up", head: t("The backlog grew by {n}", { n: count(grown) }), text: t("More came in than was resolved in the period") }
      : { tone: "good", icon: "check", head: t("The desk kept up: backlog {n}", { n: grown === 0 ? "±0" : `−${count(-grown)}` }), text: t("As much or more was resolved than came in") });
  }
  if (open.failed_checks > 0) {
    found.push({ tone: "bad", icon: "quality", head: t("{n} quality checks failed", { n: open.failed_checks }), text: t("Numbers may be wrong where they look right"), href: href("/quality") });
  } else if (open.quarantined > 0) {
    found.push({ tone: "muted", icon: "quality", head: t("{n} records were set apart in the last run", { n: count(open.quarantined) }), text: t("They are in no number until they are mended"), href: href("/pipeline") });
  }
  return found;
}

export function Attention({ filters, series }: { filters: Filters; series: FlowPoint[] | undefined }) {
  const open = useRows<Open>(openMatters(useSpan().now));
  const unusual = useRows<Unusual>(unusualDays(filters));
  const slipping = useRows<Slipping>(slippingCategories(filters));
  return (
    <Panel span={4} title={t("Needs attention")} sub={t("Compared with what is usual here")} from={open}>
      {(rows) => (
        <ul class="insights">
          {rows[0] && items(rows[0], unusual.data ?? [], slipping.data ?? [], series ?? []).slice(0, 6).map((item) => (
            <li>
              <span class={item.tone}><Icon name={item.icon} /></span>
              <div>
                {item.href ? <a href={item.href}><b>{item.head}</b></a> : <b>{item.head}</b>}
                <div class="what">{item.text}</div>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
