// One number: what it is, how much, which way it moved and whether that is good, how it went, and where it leads.
import { metricOf, titleOf } from "../api/catalog";
import { Sparkline } from "../charts/sparkline";
import { t } from "../i18n";
import { difference, inUnit } from "../lib/format";
import { MetricTip } from "./tip";

export interface KpiProps {
  metric: string;
  /** Undefined: not there yet. Null: there is none. */
  value: number | null | undefined;
  previous?: number | null;
  spark?: (number | null)[];
  /** Where the number's tickets are. */
  href?: string;
  /** What the number does not follow, or the period that it really speaks of. */
  note?: string;
  error?: unknown;
}

export function Delta({ value, previous, unit, good }: { value: number; previous: number; unit: string; good: "up" | "down" | "none" }) {
  const moved = value - previous;
  const text = difference(value, previous, unit);
  const same = text.startsWith("±");
  const better = !same && good !== "none" && (good === "up") === moved > 0;
  const tone = same || good === "none" ? "muted" : better ? "good" : "bad";
  const sense = same ? t("unchanged") : good === "none" ? "" : better ? t("better") : t("worse");
  return (
    <>
      <b class={tone}>
        <span aria-hidden="true">{same ? "" : moved > 0 ? "▲ " : "▼ "}</span>
        {text}
      </b>
      {sense && <span class="sr">{sense}</span>}
    </>
  );
}

export function Kpi({ metric, value, previous, spark, href, note, error }: KpiProps) {
  const definition = metricOf(metric);
  const title = definition ? titleOf(definition) : metric;
  const unit = definition?.unit ?? "";
  const text = error !== undefined && value === undefined ? t("failed") : inUnit(value, unit);
  return (
    <article class={`kpi ${value === undefined && error === undefined ? "loading" : ""}`} aria-label={title} data-metric={metric} data-value={value ?? ""}>
      <div class="kpi-head">
        <h2 class="kpi-title">{title}</h2>
        <MetricTip name={metric} />
      </div>
      <div class="kpi-value">{href && value != null ? <a href={href} title={t("Show the tickets")}>{text}</a> : text}</div>
      <div class="kpi-delta">
        {value != null && previous != null && (
          <>
            <Delta value={value} previous={previous} unit={unit} good={definition?.good ?? "none"} />
            <span class="muted">{t("from {value}", { value: inUnit(previous, unit) })}</span>
          </>
        )}
      </div>
      {spark && <Sparkline values={spark} label={t("{name} over the period", { name: title })} />}
      {note && <div class="kpi-note">{note}</div>}
    </article>
  );
}
