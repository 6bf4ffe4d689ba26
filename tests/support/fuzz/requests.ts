import type { Random } from '../../../fleet/random.ts'
import type { ApiDocument, FuzzRequest } from './fuzz-request.ts'
import { pick, textOf, validValue, wholeBetween } from './schema-values.ts'
import { randomBytes, corruptBytes, corruptObject } from './corrupt.ts'
import { fuzzDeviceRequest } from './device-requests.ts'

type FuzzContext = { readonly document: ApiDocument; readonly random: Random }

/**
 * An endless sequence of requests. The same random numbers give the same requests, except for
 * times.
 */
export function* fuzzRequests(
  document: ApiDocument,
  random: Random,
): Generator<FuzzRequest, never> {
  const context = { document, random }
  for (;;) {
    const kind = random()
    if (kind < 0.45) yield postRequest(context)
    else yield kind < 0.85 ? fuzzDeviceRequest(document, random) : otherRequest(context)
  }
}

function eventsPath({ paths }: ApiDocument): string {
  return Object.keys(paths).find((path) => paths[path]?.['post']) ?? ''
}

function postRequest(context: FuzzContext): FuzzRequest {
  const { document, random } = context
  const path = eventsPath(document)
  const operation = document.paths[path]?.['post']
  const content = operation?.requestBody?.content ?? {}
  const type = pick(Object.keys(content), random)
  const readings = someReadings(type, context)
  const documented = Object.keys(operation?.responses ?? {})
  const post = { method: 'POST', path, documented }
  const body = encode(readings, type)
  const kind = random()
  if (kind < 0.4) {
    const headers = { 'content-type': type }
    return { ...post, headers, body, validReadings: readings.length }
  }
  const headers = oddHeaders(type, random)
  if (kind < 0.7) {
    const corrupted = readings.map((reading) =>
      random() < 0.7 ? corruptObject(reading, random) : reading,
    )
    return { ...post, headers, body: encode(corrupted, type) }
  }
  return { ...post, headers, body: kind < 0.9 ? corruptBytes(body, random) : randomBytes(random) }
}

const ndjson = 'application/x-ndjson'
const form = 'application/x-www-form-urlencoded'

function someReadings(type: string, { document, random }: FuzzContext): Record<string, unknown>[] {
  const { schemas } = document.components
  const validReading = (): Record<string, unknown> =>
    validValue({ $ref: '#/components/schemas/Reading' }, schemas, random) as Record<string, unknown>
  if (type === form) return [formReading(validReading(), random)]
  return Array.from({ length: random() < 0.02 ? 200 : wholeBetween(1, 4, random) }, validReading)
}

/** A reading as form fields, with the position in metres. */
function formReading(
  { vin, speed }: Record<string, unknown>,
  random: Random,
): Record<string, unknown> {
  const metres = (): number => Math.round((random() - 0.5) * 20_000)
  const timestamp = Date.now() / 1_000 - random() * 3_600
  return { timestamp, vin, speed, position_x: metres(), position_y: metres(), position_z: 0 }
}

function encode(readings: readonly unknown[], type: string): Buffer {
  const [first] = readings
  switch (type) {
    case ndjson:
      return Buffer.from(readings.map((reading) => JSON.stringify(reading)).join('\n'))
    case form: {
      const pairs = Object.entries(Object(first) as Record<string, unknown>)
      return Buffer.from(new URLSearchParams(pairs.map(toPair)).toString())
    }
    default:
      return Buffer.from(JSON.stringify(readings.length === 1 ? first : readings))
  }
}

function toPair([name, value]: [string, unknown]): [string, string] {
  return [name, typeof value === 'string' ? value : JSON.stringify(value)]
}

function oddHeaders(type: string, random: Random): Record<string, string> {
  const types = [
    type,
    type,
    type,
    'text/plain',
    '',
    `${type}; charset=latin1`,
    'a/b;;=',
    textOf(0, random),
  ]
  const odd: [string, string][] = [
    ['content-encoding', pick(['gzip', 'identity', 'br, gzip'], random)],
    ['traceparent', pick(['00-0-0-0', `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, 'x'], random)],
    ['x-forwarded-for', '203.0.113.9'],
    ['expect', '100-continue'],
    ['accept', pick(['*/*', 'text/html', ';q=', 'application/json;q=2'], random)],
    ['authorization', pick(['Bearer', 'Bearer x', 'Basic eDp5'], random)],
    ['x-long', 'x'.repeat(wholeBetween(0, random() < 0.05 ? 20_000 : 100, random))],
  ]
  const chosen = odd.filter(() => random() < 0.15)
  return { 'content-type': pick(types, random), ...Object.fromEntries(chosen) }
}

/** A request for receipts, the counter or an unknown path. */
function otherRequest({ document, random }: FuzzContext): FuzzRequest {
  const events = eventsPath(document)
  const number = (): number => wholeBetween(0, pick([1, 9, 2 ** 31, 2 ** 53], random), random)
  const receipt = `/receipts/${number()}-${number()}-${number()}`
  const odd = `/${encodeURIComponent(textOf(wholeBetween(0, 30, random), random))}`
  const path = pick(
    [
      events,
      `${events}?x=1`,
      receipt,
      `/receipts${odd}`,
      odd,
      '/openapi.json',
      '/receipts/%E0%A4%A',
    ],
    random,
  )
  const method = pick(['GET', 'GET', 'GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'], random)
  const headers = method === 'GET' ? {} : oddHeaders('application/json', random)
  const body = method === 'GET' || method === 'HEAD' ? Buffer.alloc(0) : randomBytes(random)
  return { method, path, headers, body }
}
