/** Charts as SVG text. */

export { type BarChart, barChart, type LineChart, lineChart, type Series } from "./chart.ts";
export { type HeatMap, heatMap } from "./heat-map.ts";
