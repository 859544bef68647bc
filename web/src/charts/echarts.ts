// The parts of ECharts that Deskhouse draws with, and no others; loaded apart from the page, after its numbers.
// Tooltips are drawn in the canvas (richText): text from data never becomes HTML, and the Content-Security-Policy
// allows no style attributes.
import { BarChart, HeatmapChart, LineChart, ScatterChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import * as core from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

core.use([BarChart, HeatmapChart, LineChart, ScatterChart, AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, VisualMapComponent, CanvasRenderer]);

export const init = core.init;
