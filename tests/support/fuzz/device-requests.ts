import { gzipSync } from 'node:zlib'
import type { Random } from '../../../fleet/random.ts'
import { deviceFormats } from '../../../services/producer/formats/all-formats.ts'
import type { DeviceFormat } from '../../../services/producer/formats/format.ts'
import { corruptObject } from './corrupt.ts'
import type { HostileBody } from './hostile-bodies.ts'
import { hostileBodies } from './hostile-bodies.ts'
import type { ApiDocument, FuzzRequest } from './fuzz-request.ts'
import { pick, wholeBetween } from './schema-values.ts'

/** A request of a phone or tracker, mostly with faults. The same random numbers give the same requests. */
export function fuzzDeviceRequest({ paths }: ApiDocument, random: Random): FuzzRequest {
  const format = pick(deviceFormats, random)
  const request =
    random() < 0.02 ? hostileRequest(format.name, random) : randomRequest(format, random)
  const operation = paths[`/devices/${format.name}`]?.[request.method.toLowerCase()]
  const documented = Object.keys(operation?.responses ?? {})
  return { ...request, documented, okBody: format.answer.body }
}

/** They are large. */
const hostile = new Map<string, readonly HostileBody[]>()

function hostileRequest(format: string, random: Random): FuzzRequest {
  const known = hostile.get(format) ?? hostileBodies(format)
  hostile.set(format, known)
  return toRequest(format, pick(known, random))
}

export function toRequest(format: string, { contentType, isGzip, body }: HostileBody): FuzzRequest {
  const headers = { 'content-type': contentType, ...(isGzip && { 'content-encoding': 'gzip' }) }
  return { path: `/devices/${format}`, method: 'POST', headers, body }
}

const at = Math.floor(Date.now() / 1000)
const iso = new Date(at * 1000).toISOString()
const coords = { latitude: 52.5, longitude: 13.4, speed: 10, heading: 90 }

const feature = {
  type: 'Feature',
  geometry: { type: 'Point', coordinates: [13.4, 52.5] },
  properties: { timestamp: iso, speed: 10, course: 90, altitude: 61, device_id: 'FUZZ' },
}

const form = 'application/x-www-form-urlencoded'

/** Valid bodies, by format. */
const bodies: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
  osmand: [{ location: { timestamp: iso, coords, battery: { level: 0.5 } }, device_id: 'FUZZ' }],
  traccar: [{ position: { fixTime: iso, valid: true, ...coords }, device: { uniqueId: 'FUZZ' } }],
  owntracks: [{ _type: 'location', lat: 52.5, lon: 13.4, tst: at, vel: 36, tid: 'FZ' }],
  overland: [{ locations: [feature, feature] }],
}

function randomRequest({ name, methods }: DeviceFormat, random: Random): FuzzRequest {
  const type = pick(['application/json', form, 'text/plain'], random)
  const path = `/devices/${name}${pick(['', '/', '/token', '/%F0%9F', '?', '?token=x'], random)}`
  const headers = { 'content-type': type, 'x-limit-d': pick(['FUZZ', '', 'a b'], random) }
  // A format with GET reads the parameters of a query or form.
  if (methods.includes('GET') && random() < 0.5) return queryRequest(name, headers, random)
  const body = Buffer.from(bodyOf(name, random))
  if (random() < 0.8) return { path, method: 'POST', headers, body }
  const zipped = gzipSync(body)
  const cut = zipped.subarray(0, wholeBetween(0, zipped.length, random))
  return {
    ...{ path, method: 'POST', body: random() < 0.5 ? zipped : cut },
    headers: { ...headers, 'content-encoding': pick(['gzip', 'gzip', 'br'], random) },
  }
}

function queryRequest(name: string, headers: FuzzRequest['headers'], random: Random): FuzzRequest {
  const right = {
    id: 'FUZZ',
    timestamp: at,
    lat: 52.5,
    lon: 13.4,
    speed: 10,
    batt: 50,
    bearing: 90,
  }
  const fields = Object(corruptObject(right, random)) as Record<string, unknown>
  const pairs = Object.entries(fields).map(([key, value]): [string, string] => [key, toText(value)])
  const query = new URLSearchParams(pairs).toString()
  const path = `/devices/${name}`
  switch (wholeBetween(0, 2, random)) {
    case 0:
      return { path: `${path}?${query}`, method: 'GET', headers: {}, body: Buffer.alloc(0) }
    case 1:
      return { path: `${path}?${query}`, method: 'POST', headers, body: Buffer.alloc(0) }
    default:
      return { path, method: 'POST', headers: { 'content-type': form }, body: Buffer.from(query) }
  }
}

function bodyOf(name: string, random: Random): string {
  const [right = {}] = bodies[name] ?? []
  switch (wholeBetween(0, 4, random)) {
    case 0:
      return JSON.stringify(corruptObject(right, random))
    case 1:
      return JSON.stringify(corruptInner(right, random))
    case 2:
      return JSON.stringify(right).slice(0, wholeBetween(0, 200, random))
    case 3:
      return pick(
        ['', '[]', '{', '5', 'null', '"x"', '['.repeat(2_000), '{"a":'.repeat(500)],
        random,
      )
    default:
      return JSON.stringify(right)
  }
}

/** With a fault in a member, or in the first item of a list. */
function corruptInner(right: Record<string, unknown>, random: Random): unknown {
  const name = pick(Object.keys(right), random)
  const member = right[name]
  const items: unknown[] | undefined = Array.isArray(member) ? member : undefined
  const inner = items === undefined ? member : items[0]
  if (typeof inner !== 'object' || inner === null) return corruptObject(right, random)
  const bad = corruptObject(inner as Record<string, unknown>, random)
  return { ...right, [name]: items === undefined ? bad : [bad, ...items.slice(1)] }
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
