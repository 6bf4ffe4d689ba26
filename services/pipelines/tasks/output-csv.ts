import type { OutputTable } from '../../ledger/task-output.ts'
import { ExactNumber, parseExactJson, stringifyExactJson } from '../decode/exact-json.ts'

/** Makes CSV from the object of a task. */

type ChosenTable =
  | { readonly ok: true; readonly table: OutputTable }
  /** @member reason a sentence: what is wrong, and what to do */
  | { readonly ok: false; readonly reason: string }

/** Chooses the table whose rows become CSV. @param name undefined: the only table */
export function chooseTable(tables: readonly OutputTable[], name: string | undefined): ChosenTable {
  const names = tables.map((table) => JSON.stringify(table.name)).join(', ')
  const [first, second] = tables
  if (name !== undefined) {
    const table = tables.find((each) => each.name === name)
    if (table !== undefined) return { ok: true, table }
    const present = first === undefined ? 'It has no rows.' : `Its tables are: ${names}.`
    return { ok: false, reason: `The result has no table ${JSON.stringify(name)}. ${present}` }
  }
  if (second !== undefined)
    return { ok: false, reason: `The result has several tables: ${names}. Choose one of them.` }
  return { ok: true, table: first ?? { name: '', refresh: false, rows: 0, fields: [] } }
}

/** Characters of one piece of the text. */
const pieceLength = 64 * 1024

/**
 * Makes CSV from the rows of one table, with a header. Lines end with CR LF. A value that is missing or null is an empty
 * field, and an empty text is `""`. Objects and arrays are JSON. All digits of numbers are kept.
 *
 * @param content of the object
 */
export async function* toCsv(
  content: AsyncIterable<Buffer>,
  { name, fields }: OutputTable,
): AsyncGenerator<string, void> {
  let text = lineOf(fields)
  for await (const line of linesOf(content)) {
    const { table, row } = parseExactJson(line) as OutputLine
    if (table !== name) continue
    text += lineOf(fields.map((field) => (Object.hasOwn(row, field) ? row[field] : null)))
    if (text.length < pieceLength) continue
    yield text
    text = ''
  }
  if (text !== '') yield text
}

type OutputLine = { readonly table: string; readonly row: Readonly<Record<string, unknown>> }

const lineOf = (values: readonly unknown[]): string => `${values.map(toField).join(',')}\r\n`

function toField(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value instanceof ExactNumber) return value.text
  const text = typeof value === 'string' ? value : stringifyExactJson(value)
  return text === '' || /[",\r\n]/.test(text) || text.trim() !== text
    ? `"${text.replaceAll('"', '""')}"`
    : text
}

/** The lines of the object. A row has at most some megabytes. */
async function* linesOf(content: AsyncIterable<Buffer>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of content) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}
