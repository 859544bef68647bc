// A chart of ECharts in the page: follows its size, the theme and the language; a click on a mark drills down.
import type { EChartsCoreOption, EChartsType } from "echarts/core";
import { useEffect, useRef } from "preact/hooks";
import { useLanguage } from "../i18n";
import { useStore } from "../lib/store";
import { theme } from "../lib/theme";

export interface Mark {
  name: string;
  seriesName: string;
  dataIndex: number;
  value: unknown;
}
export interface ChartProps {
  /** Called again whenever theme or language change; must be a pure function of data. */
  option: () => EChartsCoreOption;
  /** What the picture shows, in one sentence, for those who do not see it. */
  label: string;
  height?: number;
  onMark?: (mark: Mark) => void;
}

export function Chart({ option, label, height = 260, onMark }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const click = useRef(onMark);
  click.current = onMark;
  const colours = useStore(theme);
  const language = useLanguage();
  const latest = useRef(option);
  latest.current = option;

  useEffect(() => {
    let gone = false;
    let watcher: ResizeObserver | undefined;
    void import("./echarts").then(({ init }) => {
      if (gone || !box.current) return;
      const made = init(box.current, null, { renderer: "canvas" });
      chart.current = made;
      made.setOption(latest.current());
      made.on("click", (event) => click.current?.(event as unknown as Mark));
      watcher = new ResizeObserver(() => made.resize());
      watcher.observe(box.current);
    });
    return () => {
      gone = true;
      watcher?.disconnect();
      chart.current?.dispose();
      chart.current = null;
    };
  }, []);
  useEffect(() => {
    chart.current?.setOption(option(), { notMerge: true });
  }, [option, colours, language]);

  return <div class="chart" ref={box} role="img" aria-label={label} style={{ height: `${height}px`, cursor: onMark ? "pointer" : undefined }} />;
}
