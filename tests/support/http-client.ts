import type { Tenant } from './tenant.ts'

export type JsonAnswer = {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

type Target = Pick<Tenant, 'url'>

/** A reading as a client sends it now. */
export function readingJson(vin: string, timestamp = new Date().toISOString()) {
  return { vin, timestamp, latitude: 37.7749, longitude: -122.4194, speed: 12.25 }
}

/** Readings of up to 50 vehicles with unique keys. */
export function manyReadings(count: number, prefix: string) {
  const start = Date.now() - count
  return Array.from({ length: count }, (_, index) => ({
    ...readingJson(`${prefix}-${index % 50}`, new Date(start + index).toISOString()),
    sequence: index,
  }))
}

export async function postBody(
  { url }: Target,
  body: string | Uint8Array,
  contentType: string,
): Promise<JsonAnswer> {
  const headers = { 'content-type': contentType }
  const response = await fetch(`${url}/events`, { method: 'POST', headers, body })
  const { status } = response
  return { status, headers: response.headers, body: (await response.json()) as JsonAnswer['body'] }
}

export function postJson(target: Target, value: unknown): Promise<JsonAnswer> {
  return postBody(target, JSON.stringify(value), 'application/json')
}

/** The status of a receipt, or the HTTP status if the request was refused. */
export async function receiptStatus({ url }: Target, receipt: string | undefined): Promise<string> {
  const response = await fetch(`${url}/receipts/${receipt ?? ''}`)
  if (response.status !== 200) return String(response.status)
  return ((await response.json()) as { status: string }).status
}
