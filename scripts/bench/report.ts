import { inColumns } from '../cli/table.ts'
import type { Figure } from './bench.ts'

const head = ['name', 'measured', 'spread', 'limit line', 'ratio', 'bar', 'met', 'note']

/** A row a figure. */
export function inTable(figures: readonly Figure[]): string {
  return inColumns(head, figures.map(toRow))
}

function toRow(figure: Figure): string[] {
  const { name, value, unit, spread, limit, bar, met, note } = figure
  const ratio = ratioOf(figure)
  return [
    name,
    `${inFigures(value)} ${unit}`,
    spread === undefined ? '' : spread.map(inFigures).join(' – '),
    limit === undefined ? '' : inFigures(limit),
    ratio === null ? '' : ratio.toFixed(2),
    bar ?? '',
    met === undefined ? '' : met ? 'yes' : 'NO',
    note ?? '',
  ]
}

function ratioOf({ value, limit }: Figure): number | null {
  return limit === undefined ? null : Math.round((value / limit) * 1000) / 1000
}

/** A figure in a line. */
export function inWords(figure: Figure): string {
  const { name, value, unit } = figure
  const ratio = ratioOf(figure)
  return `${name}: ${inFigures(value)} ${unit}${ratio === null ? '' : `, ${ratio.toFixed(2)} of the limit line`}`
}

/** Three figures that count, thousands as k. */
export function inFigures(value: number): string {
  if (value >= 999_500) return `${(value / 1_000_000).toPrecision(3)} M`
  if (value >= 9_995) return `${(value / 1000).toPrecision(3)} k`
  return String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)))
}

/** The same for programs; what a figure does not have is null. */
export function inJson(figures: readonly Figure[]): string {
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
