// The filters of a page: period, comparison, and the dimensions that its numbers can be narrowed by.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useOptions, useSpan } from "../api/catalog";
import { t } from "../i18n";
import { DIMENSIONS, clearValues, hasValues, setCompare, setCustom, setPreset, setValues, useFilters, type Dimension } from "../lib/filters";
import { period as periodText } from "../lib/format";
import { PRESETS, isDay, type Preset } from "../lib/period";
import { dimensionTitle, presetTitle, valueTitle } from "../lib/words";
import { Icon } from "./icons";

/** A button that opens a box below it; the box closes on Escape, on a click elsewhere, and when the focus leaves it. */
function Pop({ label, on, icon, children, right }: {
  label: string; on?: boolean; icon?: "calendar"; right?: boolean; children: (close: () => void) => preact.ComponentChildren;
}) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    if (!open) return;
    const away = (event: Event) => !box.current?.contains(event.target as Node) && setOpen(false);
    const escape = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      setOpen(false);
      button.current?.focus();
    };
    const bar = box.current?.closest(".filterbar");
    bar?.classList.add("open-pop");
    addEventListener("pointerdown", away);
    addEventListener("focusin", away);
    addEventListener("keydown", escape);
    return () => {
      bar?.classList.remove("open-pop");
      removeEventListener("pointerdown", away);
      removeEventListener("focusin", away);
      removeEventListener("keydown", escape);
    };
  }, [open]);
  return (
    <div class="filter" ref={box}>
      <button ref={button} type="button" class={`button ${on ? "on" : ""}`} aria-expanded={open} aria-haspopup="dialog" onClick={() => setOpen(!open)}>
        {icon && <Icon name={icon} />} {label}
      </button>
      {open && <div class={`pop ${right ? "right" : ""}`} role="dialog" aria-label={label}>{children(() => setOpen(false))}</div>}
    </div>
  );
}

function DimensionFilter({ dimension, chosen }: { dimension: Dimension; chosen: string[] }) {
  const options = useOptions(dimension);
  const [search, setSearch] = useState("");
  const title = dimensionTitle(dimension);
  const first = chosen[0];
  const label = first === undefined ? title : `${title}: ${valueTitle(dimension, first)}${chosen.length > 1 ? ` +${chosen.length - 1}` : ""}`;
  const matching = (options.data ?? []).filter((value) => valueTitle(dimension, value).toLowerCase().includes(search.toLowerCase()));
  return (
    <Pop label={label} on={chosen.length > 0}>
      {() => (
        <>
          {(options.data?.length ?? 0) > 8 && (
            <input class="field" type="search" placeholder={t("Search")} aria-label={t("Search {name}", { name: title })} value={search} onInput={(event) => setSearch(event.currentTarget.value)} />
          )}
          {matching.slice(0, 200).map((value) => (
            <label key={value}>
              <input type="checkbox" checked={chosen.includes(value)}
                onChange={(event) => setValues(dimension, event.currentTarget.checked ? [...chosen, value] : chosen.filter((one) => one !== value))} />
              {valueTitle(dimension, value)}
            </label>
          ))}
          {options.data && matching.length === 0 && <p class="muted small">{t("Nothing matches.")}</p>}
          {options.error !== undefined && <p class="bad small">{t("This could not be loaded")}</p>}
          {chosen.length > 0 && (
            <div class="pop-foot">
              <button class="button quiet" type="button" onClick={() => setValues(dimension, [])}>{t("Clear")}</button>
            </div>
          )}
        </>
      )}
    </Pop>
  );
}

function CustomPeriod({ from, to, on, close }: { from: string; to: string; on: boolean; close: () => void }) {
  const [days, setDays] = useState({ from, to });
  const [wrong, setWrong] = useState(false);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!isDay(days.from) || !isDay(days.to) || days.from > days.to) return setWrong(true);
        setCustom(days);
        close();
      }}
    >
      <label>{t("From")}<input class="field" type="date" value={days.from} onInput={(event) => setDays({ ...days, from: event.currentTarget.value })} /></label>
      <label>{t("To")}<input class="field" type="date" value={days.to} onInput={(event) => setDays({ ...days, to: event.currentTarget.value })} /></label>
      {wrong && <p class="bad small" role="alert">{t("The first day must not be after the last.")}</p>}
      <button class="button primary" type="submit">{on ? t("Change") : t("Show")}</button>
    </form>
  );
}

export function FilterBar({ dimensions }: { dimensions: readonly Dimension[] }) {
  const filters = useFilters(useSpan());
  const custom = filters.preset === "custom";
  return (
    <div class="filterbar" role="group" aria-label={t("Filters")}>
      <div class="segmented" role="group" aria-label={t("Period")}>
        {PRESETS.map((preset: Preset) => (
          <button type="button" aria-pressed={filters.preset === preset} onClick={() => setPreset(preset)}>{presetTitle(preset)}</button>
        ))}
      </div>
      <Pop label={custom ? periodText(filters.period.from, filters.period.to) : t("Custom")} on={custom} icon="calendar">
        {(close) => <CustomPeriod from={filters.period.from} to={filters.period.to} on={custom} close={close} />}
      </Pop>
      <button type="button" class="button quiet filter-compare" aria-pressed={filters.previous !== undefined} onClick={() => setCompare(filters.previous === undefined)}>
        {filters.previous && <Icon name="check" />} {t("Compare")}
      </button>
      {DIMENSIONS.filter((dimension) => dimensions.includes(dimension) || filters.values[dimension]).map((dimension) => (
        <DimensionFilter key={dimension} dimension={dimension} chosen={filters.values[dimension] ?? []} />
      ))}
      {hasValues() && <button type="button" class="button quiet" onClick={clearValues}>{t("Clear filters")}</button>}
      <span class="period-text">
        {periodText(filters.period.from, filters.period.to)}
        {filters.previous && ` · ${t("compared with {period}", { period: periodText(filters.previous.from, filters.previous.to) })}`}
      </span>
    </div>
  );
}
