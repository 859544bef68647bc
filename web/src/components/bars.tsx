// Named amounts as bars: the quickest chart to read, and each row can lead to its tickets.
export interface Bar {
  name: string;
  value: number;
  text: string;
  href?: string;
  colour?: string;
}

export function Bars({ bars, max }: { bars: Bar[]; max?: number }) {
  const top = max ?? Math.max(...bars.map((bar) => Math.abs(bar.value)), Number.MIN_VALUE);
  return (
    <div class="bars">
      {bars.map((bar) => {
        const inside = (
          <>
            <span class="bar-name" title={bar.name}>{bar.name}</span>
            <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
              <rect width="100" height="10" fill="var(--surface-2)" />
              <rect width={Math.min(100, (Math.abs(bar.value) / top) * 100)} height="10" fill={`var(--${bar.colour ?? "chart-1"})`} />
            </svg>
            <span class="bar-value">{bar.text}</span>
          </>
        );
        return bar.href ? <a class="bar-row" href={bar.href}>{inside}</a> : <div class="bar-row">{inside}</div>;
      })}
    </div>
  );
}
