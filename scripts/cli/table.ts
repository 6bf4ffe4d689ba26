import { escapeControls } from '../../services/runtime/process/printable.mjs'

/** The text of a cell. A style changes its colour, not its width. */
type Cell = string | { readonly text: string; readonly style: (escapedText: string) => string }

/** A text table like psql's. Control characters in head and cells are escaped. */
export function formatTable(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = [head, ...rows].map((row) => row.map(escapedText))
  // reduce, not Math.max(...rows): a call accepts only about 120,000 arguments.
  const widths = head.map((_, column) =>
    texts.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), 0),
  )
  const line = (row: readonly Cell[], index: number): string =>
    widths
      .map((width, column) => {
        const text = texts[index]?.[column] ?? ''
        return styled(row[column], text) + ' '.repeat(width - text.length)
      })
      .join(' | ')
      .trimEnd()
  const rule = widths.map((width) => '-'.repeat(width)).join('-+-')
  return [line(head, 0), rule, ...rows.map((row, index) => line(row, index + 1))].join('\n')
}

function escapedText(cell: Cell): string {
  return escapeControls(typeof cell === 'string' ? cell : cell.text)
}

function styled(cell: Cell | undefined, text: string): string {
  return typeof cell === 'object' ? cell.style(text) : text
}
