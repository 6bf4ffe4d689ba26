import { stripVTControlCharacters } from 'node:util'

/** A text table like psql's. Colour codes do not count for the width. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const width = (cell: string): number => stripVTControlCharacters(cell).length
  // reduce, not Math.max(...rows): a call accepts only about 120,000 arguments.
  const widths = head.map((name, column) =>
    rows.reduce((widest, row) => Math.max(widest, width(row[column] ?? '')), width(name)),
  )
  const line = (row: readonly string[]): string =>
    widths
      .map((wide, column) => {
        const cell = row[column] ?? ''
        return cell + ' '.repeat(wide - width(cell))
      })
      .join(' | ')
      .trimEnd()
  const rule = widths.map((wide) => '-'.repeat(wide)).join('-+-')
  return [line(head), rule, ...rows.map(line)].join('\n')
}
