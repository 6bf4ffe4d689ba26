import { gzipSync } from 'node:zlib'
import type { Random } from '../../../fleet/random.ts'
import { createRandom } from '../../../fleet/random.ts'
import { corruptObject } from './corrupt.ts'
import { pick, wholeBetween } from './schema-values.ts'

/** A request of a phone or tracker with faults. The same seed gives the same requests. */
export type DeviceFuzz = {
  readonly path: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array<ArrayBuffer>
}

export function randomDeviceRequests(options: { seed: number; count: number }): DeviceFuzz[] {
  const random = createRandom(options.seed)
  return Array.from({ length: options.count }, () => randomRequest(random))
}

const at = Math.floor(Date.now() / 1000)
const iso = new Date(at * 1000).toISOString()
const coords = { latitude: 52.5, longitude: 13.4, speed: 10, heading: 90 }

const feature = {
  type: 'Feature',
  geometry: { type: 'Point', coordinates: [13.4, 52.5] },
  properties: { timestamp: iso, speed: 10, course: 90, altitude: 61, device_id: 'FUZZ' },
}

/** Valid bodies, by path. */
const bodies: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
  osmand: [{ location: { timestamp: iso, coords, battery: { level: 0.5 } }, device_id: 'FUZZ' }],
  traccar: [{ position: { fixTime: iso, valid: true, ...coords }, device: { uniqueId: 'FUZZ' } }],
  owntracks: [{ _type: 'location', lat: 52.5, lon: 13.4, tst: at, vel: 36, tid: 'FZ' }],
  overland: [{ locations: [feature, feature] }],
}

function randomRequest(random: Random): DeviceFuzz {
  const name = pick(Object.keys(bodies), random)
  const type = pick(['application/json', 'application/x-www-form-urlencoded', 'text/plain'], random)
  const path = `/devices/${name}${pick(['', '/', '/token', '/%F0%9F', '?', '?token=x'], random)}`
  const headers = { 'content-type': type, 'x-limit-d': pick(['FUZZ', '', 'a b'], random) }
  if (random() < 0.3) return { ...queryRequest(random), headers, body: '' }
  const body = bodyOf(name, random)
  if (random() < 0.8) return { path, method: 'POST', headers, body }
  const zipped = new Uint8Array(gzipSync(body))
  const cut = zipped.subarray(0, wholeBetween(0, zipped.length, random))
  return {
    ...{ path, method: 'POST', body: random() < 0.5 ? zipped : cut },
    headers: { ...headers, 'content-encoding': pick(['gzip', 'gzip', 'br'], random) },
  }
}

function queryRequest(random: Random): Pick<DeviceFuzz, 'path' | 'method'> {
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
  const method = pick(['GET', 'POST'] as const, random)
  return { path: `/devices/${pick(['osmand', 'traccar'], random)}?${query}`, method }
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
