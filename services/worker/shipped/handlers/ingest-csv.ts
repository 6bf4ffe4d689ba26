import { Readable } from 'node:stream'
import type { HandlerContext, HandlerPart, HandlerRow } from 'av-telemetry'
import { handler, PermanentError, z } from 'av-telemetry'
import { CsvError, parse } from 'csv-parse'
import { isAllowedUrl } from './lib/allowed-urls.ts'

const rowsOfPart = 5_000
const maxRows = 5_000_000
const maxLineBytes = 1_048_576

/** Adds the rows of a CSV file with a header row to a table. All values are text; an empty one is null. */
export const ingestCsv = handler({
  name: 'ingest_csv',
  params: z.object({
    url: z.url({ protocol: /^https?$/ }),
    table: z.string().min(1),
    refresh: z.boolean().default(false),
    delimiter: z.string().length(1).default(','),
  }),
  run: async (params, context) => {
    const body = await open(params.url, context)
    return readParts(body, params)
  },
})

async function open(url: string, { settings, signal }: HandlerContext): Promise<Readable> {
  const allowed = settings['allowed_urls'] ?? ''
  if (!isAllowedUrl(url, allowed)) {
    throw new PermanentError(
      `${url} is not below an allowed URL. ${allowed === '' ? 'No URL is allowed.' : `Allowed: ${allowed}.`} Add it to worker.allowedUrls in the configuration.`,
    )
  }
  const response = await fetch(url, { signal, redirect: 'manual' })
  const { status } = response
  if (status >= 300 && status < 400)
    throw new PermanentError(
      `${url} is redirected (status ${status}). Use the address of the file itself, because a redirect could lead to an address that is not allowed.`,
    )
  if (!response.ok || response.body === null) {
    const message = `${url} answered with the status ${status}.`
    throw isPermanent(status) ? new PermanentError(message) : new Error(message)
  }
  return Readable.fromWeb(response.body)
}

/** Most 4xx statuses are permanent. 408, 425 and 429 can change: timeout, too early, too many requests. */
const isPermanent = (status: number): boolean =>
  status >= 400 && status < 500 && ![408, 425, 429].includes(status)

async function* readParts(
  body: Readable,
  options: { readonly table: string; readonly refresh: boolean; readonly delimiter: string },
): AsyncIterable<HandlerPart> {
  const { table, refresh, delimiter } = options
  const records = body.pipe(
    parse({ bom: true, columns: checkHeader, delimiter, max_record_size: maxLineBytes }),
  )
  body.on('error', (error) => {
    records.destroy(error)
  })
  let data: HandlerRow[] = []
  let count = 0
  let parts = 0
  const takePart = (): HandlerPart => {
    const part = { table, refresh: refresh && parts === 0, data }
    parts += 1
    data = []
    return part
  }
  for await (const record of withPermanentFaults(records)) {
    count += 1
    if (count > maxRows)
      throw new PermanentError(`The file has more than ${maxRows} rows; divide it.`)
    const values = Object.entries(record).map(([name, value]) => [
      name,
      value === '' ? null : value,
    ])
    data.push(Object.fromEntries(values) as HandlerRow)
    if (data.length === rowsOfPart) yield takePart()
  }
  if (data.length > 0 || parts === 0) yield takePart()
}

type CsvRecord = Readonly<Record<string, string>>

/** A line that is not CSV fails in each attempt. A connection that has ended can work in the next attempt. */
async function* withPermanentFaults(records: AsyncIterable<unknown>): AsyncIterable<CsvRecord> {
  try {
    for await (const record of records) yield record as CsvRecord
  } catch (error) {
    throw error instanceof CsvError ? new PermanentError(error.message) : error
  }
}

function checkHeader(names: readonly string[]): string[] {
  const trimmed = names.map((name) => name.trim())
  const empty = trimmed.indexOf('')
  if (empty !== -1) throw new PermanentError(`The header row has no name for column ${empty + 1}.`)
  const repeated = trimmed.find((name, index) => trimmed.indexOf(name) !== index)
  if (repeated !== undefined)
    throw new PermanentError(`The header row has the column "${repeated}" twice.`)
  return trimmed
}
