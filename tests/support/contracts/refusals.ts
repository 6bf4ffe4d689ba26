import { postBody } from '../http-client.ts'
import type { Tenant } from '../tenant.ts'
import type { Contract } from './frozen.ts'

/** Requests that the dashboard refuses. */
const queries = [
  '/api/vehicles?limit=0',
  '/api/vehicles?limit=1001',
  '/api/vehicles?limit=1.5',
  '/api/vehicles?limit=many',
  '/api/vehicles?limit=1&limit=2',
  '/api/vehicles?state=flying',
  `/api/vehicles?search=${'x'.repeat(101)}`,
  '/api/vehicles?cursor=!',
  '/api/vehicles?colour=red',
  '/api/vehicles/A?limit=1',
  '/api/vehicles/not%20a%20vin/track',
  '/api/vehicles/A/track?format=xml',
  '/api/vehicles/A/track?tolerance=-1',
  '/api/vehicles/A/track?tolerance=10001',
  '/api/vehicles/A/track?from=yesterday',
  '/api/vehicles/A/track?from=2026-01-31T12:00:00',
  '/api/vehicles/A/track?from=2026-01-31T12:00:00Z&to=2026-01-31T12:00:00Z',
  '/api/vehicles/A/track?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:01Z',
  '/api/vehicles/A/track?limit=1',
  '/api/vehicles/A/trips?tolerance=2',
  '/api/vehicles/A/trips?to=2026-01-31T25:00:00Z',
  '/api/tracks?limit=101',
  '/api/tracks?format=gpx',
  '/api/tracks?from=2026-01-31T00:00:00Z&to=2026-02-01T01:00:01Z',
  '/api/pipelines/nothing',
  '/api/nothing',
  '/api/session',
]

const reading = {
  vin: 'A',
  timestamp: '2026-01-31T12:00:00Z',
  latitude: 0,
  longitude: 0,
  speed: 0,
}
const deep = (depth: number): object => (depth === 0 ? {} : { in: deep(depth - 1) })

/** Readings that the producer refuses. */
const readings: Readonly<Record<string, unknown>> = {
  'not an object': 7,
  'unknown field': { ...reading, colour: 'red' },
  'without vin': { ...reading, vin: undefined },
  'without timestamp': { ...reading, timestamp: null },
  'vin of a wrong type': { ...reading, vin: 1 },
  'vin with a space': { ...reading, vin: 'A B' },
  'speed of a wrong type': { ...reading, speed: '1' },
  'speed out of range': { ...reading, speed: 501 },
  'heading of 360': { ...reading, heading: 360 },
  'sequence with a fraction': { ...reading, sequence: 0.5 },
  'make too long': { ...reading, make: 'x'.repeat(41) },
  'make with NUL': { ...reading, make: '\0' },
  'metadata as a list': { ...reading, metadata: [] },
  'metadata too large': { ...reading, metadata: { text: 'x'.repeat(4096) } },
  'metadata too deep': { ...reading, metadata: deep(17) },
  'timestamp without offset': { ...reading, timestamp: '2026-01-31T12:00:00' },
  'timestamp far ahead': { ...reading, timestamp: '2999-01-31T12:00:00Z' },
  'timestamp long ago': { ...reading, timestamp: '1999-01-31T12:00:00Z' },
}

/** Bodies that the producer refuses completely, with their media types. */
const bodies: Readonly<Record<string, readonly [body: string, mediaType: string]>> = {
  'no readings': ['[]', 'application/json'],
  'empty form': ['', 'application/x-www-form-urlencoded'],
  'form without position': ['timestamp=1&vin=A&speed=1', 'application/x-www-form-urlencoded'],
  'form with an unknown field': ['colour=red', 'application/x-www-form-urlencoded'],
  'too many readings': [JSON.stringify(Array(1001).fill(reading)), 'application/json'],
  'another media type': ['vin', 'text/csv'],
  'too large': [JSON.stringify('x'.repeat(1_048_577)), 'application/json'],
}

/** The responses of dashboard and producer to requests that they refuse. */
export async function refusals(tenant: Tenant): Promise<Contract> {
  const found: Record<string, string> = {}
  for (const query of queries) {
    const response = await fetch(`${tenant.dashboardUrl}${query}`)
    found[`GET ${query}`] = formatResponse(response.status, await response.text())
  }
  for (const [name, value] of Object.entries(readings)) {
    const { status, body } = await postBody(tenant, JSON.stringify(value), 'application/json')
    found[`POST reading: ${name}`] = formatResponse(status, JSON.stringify(body))
  }
  for (const [name, [text, mediaType]] of Object.entries(bodies)) {
    const { status, body } = await postBody(tenant, text, mediaType)
    found[`POST body: ${name}`] = formatResponse(status, JSON.stringify(body))
  }
  for (const path of ['/receipts/nothing', '/nothing']) {
    const response = await fetch(`${tenant.url}${path}`)
    found[`GET ${path} of the producer`] = formatResponse(response.status, await response.text())
  }
  return found
}

function formatResponse(status: number, body: string): string {
  return `${status} ${body}`
}
