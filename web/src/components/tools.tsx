// To the right of the title: how far the numbers can be trusted, and how the page looks.
import type { Warehouse } from "../api/warehouse";
import { setLanguage, t, useLanguage } from "../i18n";
import { dateTime } from "../lib/format";
import { href } from "../lib/location";
import { useStore } from "../lib/store";
import { setTheme, theme } from "../lib/theme";
import { Icon } from "./icons";

export function Trust({ warehouse }: { warehouse: Warehouse | undefined }) {
  if (!warehouse) return null;
  const { quality } = warehouse;
  const tone = quality.score === null ? "" : quality.score >= 0.99 ? "good" : quality.score >= 0.95 ? "warn" : "bad";
  return (
    <div class="trust">
      <a class={`badge ${warehouse.stale ? "warn" : ""}`} href={href("/pipeline")} title={t("The warehouse speaks for {time}", { time: dateTime(warehouse.as_of) })}>
        <span class={`dot ${warehouse.stale ? "warn" : "good"}`} />
        {t("Data as of {time}", { time: dateTime(warehouse.as_of) })}
      </a>
      <a class={`badge ${tone}`} href={href("/quality")} title={t("{good} of {all} loaded records have no violation of a check", { good: quality.clean, all: quality.records })}>
        {quality.score === null ? t("Quality unknown") : t("Quality {value}", { value: `${(Math.floor(quality.score * 1000) / 10).toFixed(1)} %` })}
      </a>
    </div>
  );
}

export function Tools() {
  const colours = useStore(theme);
  const language = useLanguage();
  const other = colours === "dark" ? "light" : "dark";
  return (
    <div class="tools">
      <button class="button quiet" type="button" lang={language === "ko" ? "en" : "ko"} onClick={() => void setLanguage(language === "ko" ? "en" : "ko")}>
        {language === "ko" ? "English" : "한국어"}
      </button>
      <button class="icon-button" type="button" title={other === "dark" ? t("Dark") : t("Light")} aria-label={other === "dark" ? t("Dark colours") : t("Light colours")} onClick={() => setTheme(other)}>
        <Icon name={other === "dark" ? "moon" : "sun"} />
      </button>
      <button class="icon-button" type="button" title={t("Print")} aria-label={t("Print")} onClick={() => print()}><Icon name="print" /></button>
    </div>
  );
}
