import { Readable } from 'node:stream'
import type { HandlerContext, HandlerPart, HandlerRow } from 'av-telemetry'
import { handler, z } from 'av-telemetry'
import { parse } from 'csv-parse'
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
    throw new Error(
      `${url} is not below an allowed URL. ${allowed === '' ? 'No URL is allowed.' : `Allowed: ${allowed}.`} Add it to worker.allowedUrls in the configuration.`,
    )
  }
  // A redirect could lead to an address that is not allowed.
  const response = await fetch(url, { signal, redirect: 'error' })
  if (!response.ok || response.body === null) {
    throw new Error(`${url} answered with the status ${response.status}.`)
  }
  return Readable.fromWeb(response.body)
}

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
  for await (const record of records as AsyncIterable<Readonly<Record<string, string>>>) {
    count += 1
    if (count > maxRows) throw new Error(`The file has more than ${maxRows} rows; divide it.`)
    const values = Object.entries(record).map(([name, value]) => [
      name,
      value === '' ? null : value,
    ])
    data.push(Object.fromEntries(values) as HandlerRow)
    if (data.length === rowsOfPart) yield takePart()
  }
  if (data.length > 0 || parts === 0) yield takePart()
}

function checkHeader(names: readonly string[]): string[] {
  const trimmed = names.map((name) => name.trim())
  const empty = trimmed.indexOf('')
  if (empty !== -1) throw new Error(`The header row has no name for column ${empty + 1}.`)
  const repeated = trimmed.find((name, index) => trimmed.indexOf(name) !== index)
  if (repeated !== undefined) throw new Error(`The header row has the column "${repeated}" twice.`)
  return trimmed
}
