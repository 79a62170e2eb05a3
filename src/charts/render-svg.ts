import { LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, MarkAreaComponent, MarkLineComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { formatLimit } from '../lib/index.ts';
import type { MetricSeries } from '../rollout/index.ts';
import { formatClock, formatTick, unitOfSeries } from './chart-numbers.ts';
import { chartSize } from './chart-size.ts';
import { verdictLine } from './chart-words.ts';
import { type TimeScale, timeScaleOf, type ValueScale, valueScaleOf } from './scale.ts';

const grid = { left: 100, right: 30, top: 142, bottom: 52 } as const;
/** A phone shows the picture at less than half its size, so the smallest letters are 21 px. */
const font = { plain: 'Inter', strong: 'Inter SemiBold', label: 21, title: 28, verdict: 24 } as const;
/** One light panel for light and dark: dark letters on it have a contrast of 7 and more. */
const color = {
  panel: '#fbfbfd',
  ink: '#111827',
  quiet: '#4b5563',
  grid: '#e2e5ea',
  line: '#1d4ed8',
  good: '#166534',
  bad: '#b91c1c',
  doubt: '#92400e',
  badSide: 'rgba(220, 38, 38, 0.09)',
  /** The same on the panel: letters stand out against lines by a rim of what is behind them. */
  badSideRim: '#f8e9eb',
  step: '#6b7280',
} as const;
const verdictColor = {
  running: color.quiet,
  passed: color.good,
  failed: color.bad,
  inconclusive: color.doubt,
  error: color.doubt,
} as const;
/** Letters of the title font that surely fit. */
const MOST_TITLE = 44;
/** Crosses nearer than this would be a smear. */
const CROSS_GAP_PX = 30;
/** With more points than this, only the failed ones are marked. */
const MOST_MARKS = 40;
/** A cross, drawn as one outline: failed is told by shape, too. */
const cross = 'path://M2,0L6,4L10,0L12,2L8,6L12,10L10,12L6,8L2,12L0,10L4,6L0,2Z';

/** Draws one metric as SVG. Pure; nothing is fetched, and no clock is read. */
export function renderSvg(series: MetricSeries, title: string): string {
  use([LineChart, ScatterChart, GridComponent, MarkAreaComponent, MarkLineComponent, TitleComponent, SVGRenderer]);
  const chart = init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: chartSize.widthPx,
    height: chartSize.heightPx,
  });
  try {
    chart.setOption(optionOf(series, title));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

function optionOf(series: MetricSeries, title: string) {
  const unit = unitOfSeries(series);
  const values = valueScaleOf(series, unit);
  const times = timeScaleOf(series);
  return {
    animation: false,
    backgroundColor: color.panel,
    textStyle: { fontFamily: font.plain },
    title: titlesOf(series, title),
    grid,
    xAxis: {
      type: 'value',
      min: times.minMs,
      max: times.maxMs,
      axisLine: { lineStyle: { color: color.step, width: 1.5 } },
      splitLine: { show: false },
      axisTick: { show: true, customValues: [...times.ticksMs] },
      axisLabel: {
        customValues: [...times.ticksMs],
        formatter: (atMs: number) => formatClock(atMs, times.hasSeconds),
        fontSize: font.label,
        color: color.quiet,
        margin: 12,
        hideOverlap: true,
      },
    },
    yAxis: {
      type: 'value',
      ...values,
      axisLabel: {
        formatter: (value: number) => formatTick(value, unit),
        fontSize: font.label,
        color: color.quiet,
        margin: 12,
      },
      splitLine: { lineStyle: { color: color.grid, width: 1.5 } },
    },
    series: [lineOf(series, values, times), failedOf(series, times), emptyOf(series, values, times)],
  };
}

function titlesOf(series: MetricSeries, title: string) {
  return [
    {
      text: cutTitle(title),
      subtext: verdictLine(series),
      left: 24,
      top: 18,
      itemGap: 8,
      textStyle: { fontFamily: font.strong, fontWeight: 'normal', fontSize: font.title, color: color.ink },
      subtextStyle: { fontFamily: font.strong, fontSize: font.verdict, color: verdictColor[series.verdict] },
    },
    {
      text: 'UTC',
      left: 24,
      bottom: 12,
      padding: 0,
      textStyle: { fontFamily: font.plain, fontWeight: 'normal', fontSize: 18, color: color.quiet },
    },
  ];
}

/** Cuts what stands before the metric's name, as far as that helps: which metric it is must be read. */
function cutTitle(title: string): string {
  if (title.length <= MOST_TITLE) return title;
  const at = title.lastIndexOf(' · ');
  const tail = at === -1 ? '' : title.slice(at);
  if (tail.length > MOST_TITLE - 12) return `${title.slice(0, MOST_TITLE - 1)}…`;
  return `${title.slice(0, MOST_TITLE - 1 - tail.length)}…${tail}`;
}

function lineOf(series: MetricSeries, values: ValueScale, times: TimeScale) {
  const isDense = series.points.length > MOST_MARKS;
  return {
    type: 'line',
    data: series.points.map(({ atMs, value, isFailed }) => ({
      value: [atMs, isShown(value) ? value : null],
      symbolSize: isFailed || isDense ? 0 : 9,
    })),
    symbol: 'circle',
    showAllSymbol: true,
    connectNulls: false,
    lineStyle: { color: color.line, width: 3.5 },
    itemStyle: { color: color.line },
    markLine: {
      z: 1,
      silent: true,
      symbol: 'none',
      animation: false,
      data: [...limitLine(series, times), ...stepLines(series, times)],
    },
    markArea: { silent: true, animation: false, itemStyle: { color: color.badSide }, data: badSide(series, values) },
  };
}

function isShown(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value);
}

function failedOf({ points }: MetricSeries, times: TimeScale) {
  const failed = points.filter(({ isFailed, value }) => isFailed && isShown(value));
  const shown: typeof failed = [];
  // From the last back: it is the one that decided.
  for (const point of failed.toReversed()) {
    const next = shown.at(-1);
    if (next === undefined || xOf(next.atMs, times) - xOf(point.atMs, times) >= CROSS_GAP_PX) shown.push(point);
  }
  return {
    type: 'scatter',
    symbol: cross,
    symbolSize: 22,
    itemStyle: { color: color.bad, borderColor: color.panel, borderWidth: 1.5, opacity: 1 },
    z: 5,
    data: shown.map(({ atMs, value }) => [atMs, value]),
  };
}

/** Measured, and nothing came: a ring on the ground, named once. */
function emptyOf({ points, limit }: MetricSeries, { min }: ValueScale, times: TimeScale) {
  const isLeft = (atMs: number) => xOf(atMs, times) < widthOf('no data');
  const empty = points.filter(({ value }) => !isShown(value));
  return {
    type: 'scatter',
    symbol: 'circle',
    symbolSize: 13,
    itemStyle: { color: color.panel, borderColor: color.doubt, borderWidth: 3, opacity: 1 },
    z: 5,
    clip: false,
    data: empty.map(({ atMs }, index) => ({
      value: [atMs, min],
      label: {
        show: index === 0,
        formatter: 'no data',
        // Over its ring, from there towards the middle.
        position: isLeft(atMs) ? [0, -26] : 'top',
        align: isLeft(atMs) ? 'left' : 'center',
        ...labelStyle(color.doubt, limit?.comparison.startsWith('>') ? color.badSideRim : color.panel),
      },
    })),
  };
}

function limitLine(series: MetricSeries, times: TimeScale) {
  const { limit } = series;
  if (limit === undefined) return [];
  const isLowBad = limit.comparison.startsWith('>');
  const text = `limit ${formatLimit(limit, unitOfSeries(series))}`;
  return [
    {
      yAxis: limit.value,
      lineStyle: { color: color.bad, width: 2.5, type: [9, 6] },
      label: {
        formatter: text,
        // On its bad side, where a good line does not pass.
        position: isLowBad ? 'insideStartBottom' : 'insideStartTop',
        offset: [freeSpotPx(series, times, widthOf(text)), 0],
        ...labelStyle(color.bad, color.badSideRim),
      },
    },
  ];
}

/** How far to the right a label of this width crosses no step's line. */
function freeSpotPx({ weightSteps }: MetricSeries, times: TimeScale, widthPx: number): number {
  let startPx = 0;
  for (const { atMs } of weightSteps) {
    const linePx = xOf(atMs, times);
    if (linePx > 0 && linePx > startPx - 4 && linePx < startPx + widthPx + 10) startPx = linePx + 4;
  }
  return startPx + widthPx < xOf(times.maxMs, times) ? startPx : 0;
}

function widthOf(text: string): number {
  return text.length * font.label * 0.56;
}

function badSide({ limit }: MetricSeries, { min, max }: ValueScale) {
  if (limit === undefined) return [];
  return [[{ yAxis: limit.value }, { yAxis: limit.comparison.startsWith('>') ? min : max }]];
}

/**
 * Vertical lines where the canary's share changed; a label only where the one before it leaves room. The share that it came with
 * stands at the left edge.
 */
function stepLines({ weightSteps }: MetricSeries, times: TimeScale) {
  const widthPx = chartSize.widthPx - grid.left - grid.right;
  let freeFromPx = Number.NEGATIVE_INFINITY;
  const before = weightSteps.findLast(({ atMs }) => atMs < times.minMs);
  const inside = weightSteps.filter(({ atMs }) => atMs >= times.minMs && atMs <= times.maxMs);
  const shown = before === undefined ? inside : [{ ...before, atMs: times.minMs }, ...inside];
  return shown.map(({ atMs, percent }, index) => {
    const text = index === 0 ? `canary ${percent} %` : `${percent} %`;
    const halfPx = widthOf(text) / 2;
    const leftPx = Math.min(Math.max(xOf(atMs, times) - halfPx, 0), widthPx + grid.right - 8 - 2 * halfPx);
    const hasRoom = leftPx >= freeFromPx;
    if (hasRoom) freeFromPx = leftPx + 2 * halfPx + 12;
    const offset = [leftPx + halfPx - xOf(atMs, times), 0];
    return {
      xAxis: atMs,
      lineStyle: { color: color.step, width: 2, type: 'solid' },
      label: {
        show: hasRoom,
        formatter: text,
        position: 'end',
        distance: 14,
        offset,
        ...labelStyle(color.quiet, color.panel),
      },
    };
  });
}

/** Pixels from the left edge of the plot. */
function xOf(atMs: number, { minMs, maxMs }: TimeScale): number {
  return ((atMs - minMs) / (maxMs - minMs)) * (chartSize.widthPx - grid.left - grid.right);
}

function labelStyle(ink: string, rim: string) {
  return {
    fontFamily: font.plain,
    fontSize: font.label,
    color: ink,
    textBorderColor: rim,
    textBorderWidth: 4,
  } as const;
}
