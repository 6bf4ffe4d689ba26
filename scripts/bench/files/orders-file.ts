import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { finished } from 'node:stream/promises'

/** The columns of the orders that are loaded. */
export const orderColumns = [
  ...['id', 'created_at', 'name', 'price', 'quantity', 'ratio', 'day', 'sold', 'city'],
] as const

const types: Record<(typeof orderColumns)[number], string> = {
  id: 'bigint',
  created_at: 'timestamp',
  name: 'text',
  price: 'numeric(12,3)',
  quantity: 'integer',
  ratio: 'double',
  day: 'date',
  sold: 'boolean',
  city: 'text',
}

/**
 * A pipeline that loads orders into a table with its name.
 *
 * @param isDecoded whether every third line needs a default, so that lines are decoded
 */
export function ordersPipeline(name: string, isDecoded: boolean): string {
  const columns = orderColumns.map((column) => {
    const fallback = isDecoded && column === 'city' ? ', default = "unknown"' : ''
    return `  { name = "${column}", type = "${types[column]}"${fallback} },\n`
  })
  return `name = "${name}"
[from.files]
match = ["${name}.csv"]
on_repeat = "load"
[map]
format = "csv"
columns = [
${columns.join('')}]
[to.table]
name = "${name}"
`
}

const cities = ['Berlin', 'Köln', '', 'New York', '"Frankfurt, Main"', '']
const linesPerWrite = 5_000
const firstMs = Date.UTC(2026, 0, 1)

/** Writes a CSV file of about this size. @returns how many lines it has without the header */
export async function writeOrders(path: string, bytes: number): Promise<number> {
  const file = createWriteStream(path)
  file.write(`${orderColumns.join(',')}\n`)
  let lines = 0
  let written = 0
  while (written < bytes) {
    const part = Array.from({ length: linesPerWrite }, (_, index) => orderOf(lines + index)).join(
      '',
    )
    lines += linesPerWrite
    written += Buffer.byteLength(part)
    if (!file.write(part)) await once(file, 'drain')
  }
  file.end()
  await finished(file)
  return lines
}

function orderOf(number: number): string {
  const time = new Date(firstMs + number * 1_000).toISOString()
  const fields = [
    ...[number, time, `customer number ${(number * 7_919) % 100_003}`, (number % 100_000) / 100],
    ...[number % 97, (number % 1_000) / 8, time.slice(0, 10), number % 2 === 0],
    cities[number % cities.length],
  ]
  return `${fields.join(',')}\n`
}
