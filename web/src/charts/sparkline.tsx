// A line without axes, as SVG: it says which way a number went. Drawn without ECharts, so that it is there with the number.
export function Sparkline({ values, label }: { values: (number | null)[]; label: string }) {
  const known = values.filter((value): value is number => value !== null);
  if (known.length < 2) return <svg class="spark" aria-hidden="true" />;
  const low = Math.min(...known);
  const high = Math.max(...known);
  const width = 200;
  const height = 40;
  const x = (index: number) => 3 + (index / (values.length - 1)) * (width - 6);
  const y = (value: number) => (high === low ? height / 2 : 4 + (1 - (value - low) / (high - low)) * (height - 9));
  const runs: string[][] = [[]];
  values.forEach((value, index) => {
    if (value === null) {
      if (runs.at(-1)?.length) runs.push([]);
    } else runs.at(-1)?.push(`${x(index).toFixed(1)},${y(value).toFixed(1)}`);
  });
  const lines = runs.filter((run) => run.length > 1);
  return (
    <svg class="spark" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
      {lines.map((run) => (
        <>
          <polygon points={`${run[0]?.split(",")[0]},${height} ${run.join(" ")} ${run.at(-1)?.split(",")[0]},${height}`} fill="var(--chart-1)" opacity="0.09" />
          <polyline points={run.join(" ")} fill="none" stroke="var(--chart-1)" stroke-width="1.8" stroke-linejoin="round" vector-effect="non-scaling-stroke" />
        </>
      ))}
    </svg>
  );
}
