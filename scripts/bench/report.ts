import { formatTable } from '../cli/table.ts'
import type { Figure } from './bench.ts'

const head = ['name', 'measured', 'spread', 'limit line', 'ratio', 'bar', 'met', 'note']

/** A table with one row per figure. */
export function formatFiguresTable(figures: readonly Figure[]): string {
  return formatTable(head, figures.map(toRow))
}

function toRow(figure: Figure): string[] {
  const { name, value, unit, spread, limit, bar, met, note } = figure
  const ratio = ratioOf(figure)
  return [
    name,
    `${formatValue(value)} ${unit}`,
    spread === undefined ? '' : spread.map(formatValue).join(' – '),
    limit === undefined ? '' : formatValue(limit),
    ratio === null ? '' : ratio.toFixed(2),
    bar ?? '',
    met === undefined ? '' : met ? 'yes' : 'NO',
    note ?? '',
  ]
}

function ratioOf({ value, limit }: Figure): number | null {
  return limit === undefined ? null : Math.round((value / limit) * 1000) / 1000
}

/** A figure as one line. */
export function formatFigure(figure: Figure): string {
  const { name, value, unit } = figure
  const ratio = ratioOf(figure)
  return `${name}: ${formatValue(value)} ${unit}${ratio === null ? '' : `, ${ratio.toFixed(2)} of the limit line`}`
}

/** Three significant digits; thousands as k, millions as M. */
export function formatValue(value: number): string {
  if (value >= 999_500) return `${(value / 1_000_000).toPrecision(3)} M`
  if (value >= 9_995) return `${(value / 1000).toPrecision(3)} k`
  return String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)))
}

/** The figures as JSON; missing fields are null. */
export function figuresToJson(figures: readonly Figure[]): string {
  return JSON.stringify(figures.map(toJson), null, 2)
}

function toJson(figure: Figure) {
  const { name, value, unit, spread, limit, bar, met, note } = figure
  return {
    name,
    value,
    unit,
    spread: spread ?? null,
    limit: limit ?? null,
    ratio: ratioOf(figure),
    bar: bar ?? null,
    met: met ?? null,
    note: note ?? null,
  }
}
