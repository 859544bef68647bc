// Charts as ECharts options, from plain rows. Colours come from the theme's tokens when the option is made.
import type { EChartsCoreOption } from "echarts/core";
import { t } from "../i18n";
import { compact } from "../lib/format";
import { token } from "../lib/theme";

export interface Series {
  name: string;
  values: (number | null)[];
  /** Token of tokens.css, such as chart-1. */
  colour: string;
  kind?: "line" | "area" | "bar" | "dashed";
  stack?: string;
  axis?: 0 | 1;
}
type Format = (value: number) => string;

const FONT = () => getComputedStyle(document.documentElement).fontFamily;
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function frame(): EChartsCoreOption {
  return {
    animation: !still(), animationDuration: 350, animationDurationUpdate: 250,
    textStyle: { fontFamily: FONT(), color: token("text-2") },
    grid: { left: 4, right: 8, top: 34, bottom: 2, containLabel: true },
    aria: { enabled: false },
  };
}
function tooltip(format: (params: unknown) => string, trigger: "axis" | "item") {
  return {
    trigger, renderMode: "richText", confine: true, formatter: format,
    backgroundColor: token("surface"), borderColor: token("line-strong"), borderWidth: 1, padding: [8, 12],
    textStyle: { color: token("text"), fontSize: 12.5, fontFamily: FONT(), lineHeight: 18 },
    axisPointer: { type: trigger === "axis" ? "line" : "none", lineStyle: { color: token("line-strong") }, shadowStyle: { color: token("surface-2") } },
  };
}
function legend(shown: boolean) {
  return {
    show: shown, top: 0, left: 0, itemWidth: 12, itemHeight: 8, itemGap: 14, icon: "roundRect", type: "scroll",
    textStyle: { color: token("text-2"), fontSize: 12, fontFamily: FONT() }, inactiveColor: token("chart-muted"),
  };
}
const label = () => ({ color: token("text-3"), fontSize: 11.5, fontFamily: FONT() });
const categoryAxis = (names: string[], format?: (name: string) => string) => ({
  type: "category", data: names, axisTick: { show: false }, axisLine: { lineStyle: { color: token("line-strong") } },
  axisLabel: { ...label(), hideOverlap: true, ...(format ? { formatter: format } : {}) },
});
const valueAxis = (format: Format = compact, more: object = {}) => ({
  type: "value", axisLine: { show: false }, axisTick: { show: false }, splitNumber: 4,
  splitLine: { lineStyle: { color: token("chart-grid") } }, axisLabel: { ...label(), formatter: format }, ...more,
});

interface AxisItem {
  axisValue: string;
  dataIndex: number;
  seriesIndex: number;
}

/** Lines, areas and bars over a shared axis, mostly time. */
export function overAxis(
  names: string[], series: Series[],
  format: { value: Format; axis?: Format; name?: (name: string) => string; second?: Format; from?: number; target?: number; max?: number },
): EChartsCoreOption {
  const nameOf = format.name ?? ((name: string) => name);
  const formatOf = (index: number) => (series[index]?.axis === 1 && format.second ? format.second : format.value);
  const axes = [valueAxis(format.axis ?? format.value, { min: format.from, max: format.max, scale: format.from !== undefined })];
  if (series.some((one) => one.axis === 1)) axes.push(valueAxis(format.second, { splitLine: { show: false } }));
  return {
    ...frame(),
    legend: legend(series.length > 1),
    grid: { left: 4, right: 10, top: series.length > 1 ? 34 : 14, bottom: 2, containLabel: true },
    tooltip: tooltip((params) => {
      const items = params as AxisItem[];
      const index = items[0]?.dataIndex ?? 0;
      const lines = items.map(({ seriesIndex }) => {
        const value = series[seriesIndex]?.values[index];
        return `${series[seriesIndex]?.name}   ${value == null ? "–" : formatOf(seriesIndex)(value)}`;
      });
      return [nameOf(names[index] ?? ""), ...lines].join("\n");
    }, "axis"),
    xAxis: { ...categoryAxis(names, nameOf), boundaryGap: series.some((one) => one.kind === "bar") },
    yAxis: axes,
    series: series.map((one) => ({
      name: one.name, type: one.kind === "bar" ? "bar" : "line", data: one.values, yAxisIndex: one.axis ?? 0,
      ...(one.stack ? { stack: one.stack } : {}),
      symbol: "circle", symbolSize: 6, showSymbol: names.length < 4, barMaxWidth: 26, barCategoryGap: "28%",
      itemStyle: { color: token(one.colour), borderRadius: one.kind === "bar" && !one.stack ? [3, 3, 0, 0] : 0 },
      lineStyle: { width: one.kind === "dashed" ? 1.5 : 2.2, color: token(one.colour), type: one.kind === "dashed" ? [5, 4] : "solid" },
      ...(one.kind === "area" ? { areaStyle: { color: token(one.colour), opacity: one.stack ? 0.75 : 0.13 } } : {}),
      emphasis: { focus: series.length > 2 ? "series" : "none" },
      ...(format.target !== undefined && one === series[0]
        ? { markLine: { silent: true, symbol: "none", data: [{ yAxis: format.target }], label: { ...label(), formatter: `${t("Target")} ${format.value(format.target)}`, position: "insideEndTop" }, lineStyle: { color: token("text-3"), type: "dashed", width: 1 } } }
        : {}),
    })),
  };
}

/** A matrix of cells; null is a cell without data, drawn as the page. `good` says which end of the scale is green. */
export function heatmap(
  columns: string[], rows: string[], cells: { column: number; row: number; value: number | null; note: string }[],
  range: [number, number], format: Format, good: "up" | "none",
): EChartsCoreOption {
  return {
    ...frame(),
    grid: { left: 4, right: 8, top: 6, bottom: 46, containLabel: true },
    tooltip: tooltip((params) => {
      const cell = cells[(params as { dataIndex: number }).dataIndex];
      return cell ? `${rows[cell.row]} ${columns[cell.column]}\n${cell.value === null ? "–" : format(cell.value)}\n${cell.note}` : "";
    }, "item"),
    xAxis: { ...categoryAxis(columns), axisLine: { show: false }, splitArea: { show: false } },
    yAxis: { ...categoryAxis(rows), inverse: true, axisLine: { show: false } },
    visualMap: {
      min: range[0], max: range[1], calculable: false, orient: "horizontal", left: "center", bottom: 0, itemWidth: 10, itemHeight: 140,
      text: [format(range[1]), format(range[0])], textStyle: { ...label() },
      inRange: { color: good === "up" ? [token("heat-low"), token("heat-mid"), token("heat-high")] : [token("surface-2"), token("chart-1")] },
    },
    series: [{
      type: "heatmap", data: cells.map((cell) => [cell.column, cell.row, cell.value ?? "-"]),
      itemStyle: { borderColor: token("surface"), borderWidth: 2, borderRadius: 3 },
      emphasis: { itemStyle: { borderColor: token("text"), borderWidth: 1 } },
    }],
  };
}

export interface Point {
  name: string;
  x: number;
  y: number;
  size: number;
  note: string;
}
export function scatter(
  points: Point[], x: { name: string; format: Format }, y: { name: string; format: Format }, centre?: { x: number; y: number },
): EChartsCoreOption {
  const biggest = Math.max(1, ...points.map((point) => point.size));
  const axisName = (text: string) => ({ name: text, nameLocation: "middle", nameTextStyle: { ...label(), fontWeight: 500 } });
  return {
    ...frame(),
    grid: { left: 26, right: 26, top: 16, bottom: 28, containLabel: true },
    tooltip: tooltip((params) => {
      const point = points[(params as { dataIndex: number }).dataIndex];
      return point ? `${point.name}\n${x.name}   ${x.format(point.x)}\n${y.name}   ${y.format(point.y)}\n${point.note}` : "";
    }, "item"),
    xAxis: { ...valueAxis(x.format, { scale: true }), ...axisName(x.name), nameGap: 30 },
    yAxis: { ...valueAxis(y.format, { scale: true }), ...axisName(y.name), nameGap: 50 },
    series: [{
      type: "scatter", data: points.map((point) => [point.x, point.y]),
      symbolSize: (_: unknown, params: { dataIndex: number }) => 12 + 26 * Math.sqrt((points[params.dataIndex]?.size ?? 0) / biggest),
      itemStyle: { color: token("chart-1"), opacity: 0.72, borderColor: token("surface"), borderWidth: 1.5 },
      label: { show: points.length <= 24, position: "right", formatter: (params: { dataIndex: number }) => points[params.dataIndex]?.name ?? "", ...label(), color: token("text-2") },
      labelLayout: { hideOverlap: true },
      ...(centre ? {
        markLine: { silent: true, symbol: "none", lineStyle: { color: token("line-strong"), type: "dashed" }, label: { show: false }, data: [{ xAxis: centre.x }, { yAxis: centre.y }] },
      } : {}),
    }],
  };
}

export interface Step {
  name: string;
  value: number;
  /** A total stands on the ground; a step stands on what came before. */
  total?: boolean;
}
export function waterfall(steps: Step[], format: Format): EChartsCoreOption {
  let level = 0;
  const floors: number[] = [];
  const tops: number[] = [];
  for (const step of steps) {
    const end = step.total ? step.value : level + step.value;
    floors.push(step.total ? 0 : Math.min(level, end));
    tops.push(step.total ? step.value : Math.abs(step.value));
    level = end;
  }
  return {
    ...frame(),
    grid: { left: 4, right: 8, top: 24, bottom: 2, containLabel: true },
    tooltip: tooltip((params) => {
      const step = steps[(params as { dataIndex: number }).dataIndex];
      return step ? `${step.name}\n${format(step.value)}` : "";
    }, "item"),
    xAxis: { ...categoryAxis(steps.map((step) => step.name)), axisLabel: { ...label(), interval: 0, width: 84, overflow: "break" } },
    yAxis: valueAxis(compact),
    series: [
      { type: "bar", stack: "all", silent: true, data: floors, itemStyle: { color: "transparent" }, barMaxWidth: 64, barCategoryGap: "25%" },
      {
        type: "bar", stack: "all", barMaxWidth: 64,
        data: tops.map((value, index) => ({
          value, itemStyle: { borderRadius: 3, color: token(steps[index]?.total ? "chart-1" : (steps[index]?.value ?? 0) < 0 ? "chart-2" : "chart-3") },
        })),
        label: { show: true, position: "top", formatter: (params: { dataIndex: number }) => compact(steps[params.dataIndex]?.value), ...label(), color: token("text-2") },
      },
    ],
  };
}
