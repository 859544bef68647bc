// What a number means, beside it: on hover, on focus, on touch; Escape puts it away.
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t, useLanguage } from "../i18n";
import { metricOf, titleOf } from "../api/catalog";
import { Icon } from "./icons";

export function Tip({ label, children }: { label: string; children: ComponentChildren }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const text = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    if (!open || !button.current || !text.current) return;
    const at = button.current.getBoundingClientRect();
    const size = text.current.getBoundingClientRect();
    const left = Math.min(Math.max(10, at.left + at.width / 2 - size.width / 2), innerWidth - size.width - 10);
    const below = at.bottom + 6 + size.height < innerHeight;
    text.current.style.left = `${left}px`;
    text.current.style.top = `${below ? at.bottom + 6 : Math.max(8, at.top - size.height - 6)}px`;
  }, [open]);
  useLayoutEffect(() => { // at once: Escape may follow in the same breath
    if (!open) return;
    const close = (event: Event) => {
      if (!(event instanceof KeyboardEvent) || event.key === "Escape") setOpen(false);
    };
    addEventListener("keydown", close);
    addEventListener("scroll", close, { passive: true });
    return () => {
      removeEventListener("keydown", close);
      removeEventListener("scroll", close);
    };
  }, [open]);

  return (
    <span class="tip no-print" onMouseEnter={() => setOpen(true)} onMouseLeave={() => setOpen(false)}>
      <button ref={button} type="button" aria-label={label} aria-describedby={open ? id : undefined}
        onFocus={() => setOpen(true)} onBlur={() => setOpen(false)} onClick={() => setOpen(true)}>
        <Icon name="info" />
      </button>
      {open && <div class="tip-text" role="tooltip" id={id} ref={text}>{children}</div>}
    </span>
  );
}

/** The one definition of a metric (models/metrics.toml), as `deskhouse explain metric` prints it. */
export function MetricTip({ name }: { name: string }) {
  useLanguage();
  const metric = metricOf(name);
  if (!metric) return null;
  const good = { up: t("Higher is better"), down: t("Lower is better"), none: t("Neither way is better") }[metric.good];
  return (
    <Tip label={t("Definition of {name}", { name: titleOf(metric) })}>
      <b>{titleOf(metric)}</b>
      {metric.formula}
      <dl>
        <dt>{t("Left out")}</dt>
        <dd>{metric.filters}</dd>
        <dt>{t("Direction")}</dt>
        <dd>{good}</dd>
        <dt>{t("From")}</dt>
        <dd><code>{metric.from}</code></dd>
        <dt>{t("Name")}</dt>
        <dd><code>{metric.name}</code></dd>
      </dl>
    </Tip>
  );
}
