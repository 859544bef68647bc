// Marts by month: says which months a page really speaks of, where its period begins or ends inside one.
import { isWhole, wholeMonths } from "../data/money";
import { t } from "../i18n";
import type { Filters } from "../lib/filters";
import { period as periodText } from "../lib/format";

export function MonthsNote({ filters }: { filters: Filters }) {
  if (isWhole(filters.period)) return null;
  const whole = wholeMonths(filters.period);
  return <p class="small muted">{t("These numbers are kept by month: they speak of {period}.", { period: periodText(whole.from, whole.to) })}</p>;
}
