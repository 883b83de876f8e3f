/**
 * Charts as SVG, drawn while the report is made, so that they print and need no script. ECharts draws them: it has bars
 * with logarithmic scales, lines, and a renderer that needs no browser. Its colours are exchanged for the page's own,
 * so that they follow light and dark.
 */
import { init, use } from 'echarts/core'
import { BarChart, CustomChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent } from 'echarts/components'
import { SVGRenderer } from 'echarts/renderers'
import { figure } from '../format.mjs'
import { mainMeasure, viewOf } from '../rows.mjs'

/** @typedef {import('@loop/bench-kit').ScenarioResult} ScenarioResult */
/** @typedef {import('@loop/bench-kit').PointResult} PointResult */
/** @typedef {{ title: string, kind: string, median: number, min: number, max: number }} Bar */

use([BarChart, CustomChart, LineChart, GridComponent, LegendComponent, SVGRenderer])

/** Pixels: of the whole width, of a bar with its distance, of axis and margins, and of a chart of lines. */
const WIDTH = 860
const BAR = 24
const AXIS = 58
const LINES = 360

/** Room for the names of contenders, and how many characters fit into it. */
const NAMES = 250
const LONGEST = 38

/** Beyond a factor of thirty the small ones would be invisible on a linear scale. */
const WIDE = 30

/** Stand-ins for the page's colours. */
const colours = /** @type {Record<string, string>} */ ({
  ours: '#a10001',
  peer: '#a10002',
  limit: '#a10003',
  reference: '#a10004',
  ink: '#a10006',
  soft: '#a10007',
  line: '#a10008',
  error: '#a10009',
  'line-1': '#a10011',
  'line-2': '#a10012',
  'line-3': '#a10013',
  'line-4': '#a10014',
  'line-5': '#a10015',
  'line-6': '#a10016',
})

/** Colours of lines: contenders are told apart by them, ours by a thicker line too. */
const LINE_COLOURS = 6

const axisStyle = {
  axisLabel: { color: colours['soft'], formatter: (/** @type {number} */ value) => figure(value) },
  axisLine: { lineStyle: { color: colours['line'] } },
  nameTextStyle: { color: colours['soft'] },
  splitLine: { lineStyle: { color: colours['line'] } },
}

/** @param {string} title */
const fitted = (title) => (title.length > LONGEST ? `${title.slice(0, LONGEST - 1)}…` : title)

/**
 * Bars of the main measure at one point; the thin line at a bar's end is the spread of the rounds.
 * @param {ScenarioResult} scenario
 * @param {PointResult} point
 * @returns {string} SVG, or nothing when nothing was measured
 */
export function barChart(scenario, point) {
  const name = mainMeasure(scenario)
  const bars = viewOf(scenario, point, name).rows.flatMap(({ title, kind, summary }) =>
    summary === undefined ? [] : [{ title, kind, ...summary }],
  )
  if (bars.length === 0) return ''
  const { wide, floor } = scaleOf(bars)
  return svgOf(bars.length * BAR + AXIS, {
    grid: { left: NAMES, right: 50, top: 4, bottom: AXIS - 12 },
    xAxis: {
      ...axisStyle,
      type: wide ? 'log' : 'value',
      ...(wide ? { min: floor } : {}),
      name: `${axisName(scenario, name)}${wide ? '; logarithmic' : ''}`,
      nameLocation: 'middle',
      nameGap: 26,
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: bars.map(({ title }) => fitted(title)),
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { color: colours['ink'], interval: 0, fontSize: 13 },
    },
    series: [
      {
        type: 'bar',
        barWidth: '68%',
        data: bars.map(({ median, kind }) => ({ value: median, itemStyle: { color: colours[kind], borderRadius: 2 } })),
      },
      {
        type: 'custom',
        data: bars.map(({ min, max, median }, i) => [i, min, max, median]),
        renderItem: (/** @type {any} */ _params, /** @type {any} */ api) => {
          const [from, y] = api.coord([Math.max(api.value(1), floor), api.value(0)])
          const [to] = api.coord([Math.max(api.value(2), floor), api.value(0)])
          return {
            type: 'group',
            children: [
              {
                type: 'line',
                shape: { x1: from, y1: y, x2: to, y2: y },
                style: { stroke: colours['error'], lineWidth: 2 },
              },
              {
                type: 'text',
                x: to + 6,
                y,
                style: { text: figure(api.value(3)), fill: colours['soft'], fontSize: 12, verticalAlign: 'middle' },
              },
            ],
          }
        },
        encode: { x: [1, 2], y: 0 },
        z: 10,
      },
    ],
  })
}

/**
 * Lines of the main measure over all points of a scenario that grows, both axes logarithmic.
 * @param {ScenarioResult} scenario
 * @returns {string} SVG, or nothing when nothing was measured
 */
export function lineChart(scenario) {
  const name = mainMeasure(scenario)
  const { growth = '' } = scenario
  /** @type {Map<string, { kind: string, values: [number, number][] }>} */
  const lines = new Map()
  for (const point of scenario.points) {
    for (const { title, kind, summary } of viewOf(scenario, point, name).rows) {
      if (summary === undefined || summary.median <= 0) continue
      const line = lines.get(title) ?? { kind, values: [] }
      line.values.push([Number(point.point[growth]), summary.median])
      lines.set(title, line)
    }
  }
  if (lines.size === 0) return ''
  return svgOf(LINES, {
    grid: { left: 70, right: 30, top: 60, bottom: AXIS - 10 },
    legend: { top: 0, left: 0, textStyle: { color: colours['ink'] }, icon: 'roundRect', itemHeight: 4, itemGap: 30 },
    xAxis: { ...axisStyle, type: 'log', min: 'dataMin', name: 'how many', nameLocation: 'middle', nameGap: 26 },
    yAxis: {
      ...axisStyle,
      type: 'log',
      name: axisName(scenario, name),
      nameLocation: 'end',
      nameTextStyle: { color: colours['soft'], align: 'left' },
    },
    series: [...lines].map(([title, { kind, values }], i) => {
      const color = colours[`line-${(i % LINE_COLOURS) + 1}`]
      return {
        name: title,
        type: 'line',
        symbol: 'circle',
        symbolSize: 6,
        data: values,
        itemStyle: { color },
        lineStyle: { color, width: kind === 'ours' ? 3 : 1.5, type: kind === 'ours' ? 'solid' : 'dashed' },
      }
    }),
  })
}

/**
 * @param {ScenarioResult} scenario
 * @param {string} name
 */
function axisName(scenario, name) {
  const { title, unit, better } = /** @type {import('@loop/bench-kit').Measure} */ (scenario.measures[name])
  return `${title}, ${unit} (${better} is better)`
}

/**
 * A bar on a logarithmic scale needs a beginning above zero.
 * @param {readonly Bar[]} bars
 */
function scaleOf(bars) {
  const medians = bars.map(({ median }) => median)
  const wide = Math.min(...medians) > 0 && Math.max(...medians) / Math.min(...medians) > WIDE
  const least = Math.min(...bars.map(({ min, median }) => (min > 0 ? min : median)))
  return { wide, floor: wide ? 10 ** Math.floor(Math.log10(least / 2)) : Math.min(0, ...bars.map(({ min }) => min)) }
}

/**
 * @param {number} height
 * @param {object} options
 */
function svgOf(height, options) {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height })
  try {
    chart.setOption({ animation: false, ...options })
    let svg = chart.renderToSVGString()
    for (const [name, stand] of Object.entries(colours)) svg = svg.replaceAll(stand, `var(--${name})`)
    return tidy(svg)
  } finally {
    chart.dispose()
  }
}

/** Fits the width of the page, has no background of its own. */
const tidy = (/** @type {string} */ svg) =>
  svg
    .replace(/<svg width="\d+" height="(\d+)"/, `<svg role="img" style="width:100%;max-width:${WIDTH}px;height:auto"`)
    .replace(/<rect width="\d+" height="\d+" x="0" y="0" fill="none"[^>]*><\/rect>\n?/, '')
    .replaceAll(/ (?:ecmeta_\w+|class)="[^"]*"/g, '')
    .replaceAll(/<style\s*>[\s\S]*?<\/style>/g, '')
    .replaceAll(/\n+/g, '')
