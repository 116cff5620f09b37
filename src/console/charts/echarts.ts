import { setImmediate as otherWork } from 'node:timers/promises';
import type { EChartsOption } from 'echarts';
import { type Drawing, loadIfInstalled } from '../pictures/drawing.js';
import type { Chart } from './chart.js';

/** Size in pixels of a chart on a wide screen. */
const WIDTH = 720;
const HEIGHT = 240;

/** Colours that are seen on light and on dark ground. */
export const COLOURS = ['#2f7bd0', '#c2571a', '#2b8a4b', '#a2559f', '#8a7a12', '#c8385a', '#4b8a96'] as const;

/** Texts and lines are of the colour of the page. */
const TEXT = { color: 'currentColor', fontSize: 11, fontFamily: 'sans-serif' } as const;

let loaded: ReturnType<typeof loadIfInstalled<Awaited<ReturnType<typeof load>>>> | undefined;

/**
 * Draws a chart. The library is loaded for the first one.
 *
 * @param labels those of the slots
 * @returns undefined if it is not installed
 */
export async function drawChart(chart: Chart, labels: readonly string[]): Promise<Drawing | undefined> {
  loaded ??= loadIfInstalled(load);
  const echarts = await loaded;
  if (echarts === undefined) return undefined;
  // A chart takes this thread some 20 ms, so requests are answered between two.
  await otherWork();
  const drawn = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  try {
    drawn.setOption(optionOf(chart, labels));
    return { width: WIDTH, height: HEIGHT, content: contentOf(drawn.renderToSVGString()) };
  } finally {
    drawn.dispose();
  }
}

/** Loads the parts of the library that the charts need. */
async function load() {
  const [echarts, { BarChart, LineChart }, { GridComponent, LegendComponent }, { SVGRenderer }] = await Promise.all([
    import('echarts/core'),
    import('echarts/charts'),
    import('echarts/components'),
    import('echarts/renderers'),
  ]);
  echarts.use([BarChart, LineChart, GridComponent, LegendComponent, SVGRenderer]);
  return echarts;
}

function optionOf({ form, series }: Chart, labels: readonly string[]): EChartsOption {
  const line = { lineStyle: { color: 'currentColor' } };
  return {
    animation: false,
    color: [...COLOURS],
    textStyle: TEXT,
    grid: { left: 8, right: 16, top: 32, bottom: 8, outerBoundsMode: 'same' },
    legend: { left: 0, top: 0, textStyle: TEXT, selectedMode: false },
    xAxis: { type: 'category', data: [...labels], axisLabel: TEXT, axisLine: line, axisTick: line },
    yAxis: {
      type: 'value',
      minInterval: 1,
      axisLabel: TEXT,
      splitLine: { lineStyle: { ...line.lineStyle, opacity: 0.2 } },
    },
    series: series.map(({ name, values }, index) => {
      const common = { name, silent: true, emphasis: { disabled: true } };
      if (form === 'bars') return { ...common, type: 'bar', stack: 'all', data: values.map((value) => value ?? '-') };
      // Dashes, so that nobody needs to see colours.
      const lineStyle = { type: index === 0 ? 'solid' : 'dashed' } as const;
      return { ...common, type: 'line', symbol: 'none', data: values.map(pointOf), lineStyle };
    }),
  };
}

/** A value of a line; one without neighbours is no line, so it is a circle. */
function pointOf(value: number | undefined, index: number, values: Chart['series'][number]['values']) {
  if (value === undefined) return '-';
  const isAlone = values[index - 1] === undefined && values[index + 1] === undefined;
  return isAlone ? { value, symbol: 'circle' } : value;
}

/**
 * What is inside of the `svg` element, with attributes in place of styles: the Content-Security-Policy of the console lets no
 * style stand in a page. Nothing has an id, which would be another one each time: what lines are clipped to is as large as they are.
 */
function contentOf(svg: string): string {
  const begin = svg.indexOf('>', svg.indexOf('<svg ')) + 1;
  return svg
    .slice(begin, svg.lastIndexOf('</svg>'))
    .split(/<\/(?:style|defs)>/)
    .map((part) => part.split(/<(?:style|defs)[ >]/, 1)[0])
    .join('')
    .replaceAll(/ (?:class|clip-path|pointer-events|ecmeta_\w+)="[^"]*"/g, '')
    .replaceAll(/ style="([^"]*)"/g, (_, style: string) => style.split(';').map(attributeOf).join(''));
}

/** A declaration of a style as an attribute. */
function attributeOf(declaration: string): string {
  const [name = '', value] = declaration.split(':', 2);
  return value === undefined ? '' : ` ${name.trim()}="${value.trim()}"`;
}
