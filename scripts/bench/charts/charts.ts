import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { styleSheet } from './style.ts'
import { element, rect, text } from './svg.ts'
import type { Figure } from '../bench.ts'
import { formatValue } from '../report.ts'

/** The README's charts: one bar per figure, with the limit line of the same run. */

/**
 * A chart shows the figures whose name starts with `begin`. A run without such figures does not
 * change its file.
 */
const charts = [
  { file: 'bench-sink.svg', title: 'From Kafka into Postgres', begin: 'sink', unit: 'rows/s' },
  {
    file: 'bench-ingest.svg',
    title: 'From HTTP into Kafka, one reading a request',
    begin: 'ingest-single',
    unit: 'requests/s',
  },
  { file: 'bench-latency.svg', title: 'From POST to row', begin: 'latency', unit: 'ms' },
] as const

const margin = 16
const [labelWidth, barWidth, valueWidth] = [250, 380, 110]
const [rowHeight, barHeight, headHeight, footHeight] = [30, 16, 44, 26]
const width = margin * 2 + labelWidth + barWidth + valueWidth

/** Draws every chart that has figures. @returns the names of the files */
export function drawCharts(figures: readonly Figure[], folder: string): string[] {
  return charts.flatMap(({ file, title, begin, unit }) => {
    const shown = figures.filter((figure) => figure.unit === unit && figure.name.startsWith(begin))
    if (shown.length === 0) return []
    writeFileSync(join(folder, file), `${chartOf(`${title}, ${unit}`, shown)}\n`)
    return [file]
  })
}

/** One chart with one row per figure. The limit line is a tick across the bar. */
export function chartOf(title: string, figures: readonly Figure[]): string {
  const height = headHeight + figures.length * rowHeight + footHeight
  const longest = Math.max(...figures.flatMap(({ value, limit = 0 }) => [value, limit]))
  const lengthOf = (value: number): number => Math.round((value / longest) * barWidth)
  const rows = figures.flatMap((figure, index) => rowOf(figure, index, lengthOf))
  const frame = { x: 0, y: 0, width, height }
  const hasLimits = figures.some(({ limit }) => limit !== undefined)
  const legend = 'The tick is the limit line, measured in the same run.'
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">`,
    element('title', {}, title),
    element('style', {}, styleSheet.join('\n')),
    rect(frame, 'background', 8),
    text({ x: margin, y: 26 }, 'title', title),
    ...rows,
    ...(hasLimits ? [text({ x: margin, y: height - 12 }, 'note', legend)] : []),
    '</svg>',
  ].join('\n')
}

function rowOf(
  { name, value, limit }: Figure,
  index: number,
  lengthOf: (value: number) => number,
): string[] {
  const y = headHeight + index * rowHeight
  const x = margin + labelWidth
  const bar = { x, y, width: Math.max(1, lengthOf(value)), height: barHeight }
  const tick =
    limit === undefined
      ? undefined
      : { x: x + lengthOf(limit) - 1, y: y - 4, width: 3, height: barHeight + 8 }
  return [
    text({ x: margin, y: y + 12 }, 'label', name),
    rect({ ...bar, width: barWidth }, 'track', 2),
    rect(bar, 'measured', 2),
    ...(tick ? [rect(tick, 'limit', 1)] : []),
    text({ x: x + barWidth + 12, y: y + 12 }, 'value', formatValue(value)),
  ]
}
