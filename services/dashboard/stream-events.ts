import type { LiveFleet } from './live-fleet.ts'

/** The events of the stream, as bytes. */

/** So many vehicles come in one event at most. */
const vehiclesPerEvent = 500

export function encodeEvent(name: string, json: string): Buffer {
  return Buffer.from(`event: ${name}\ndata: ${json}\n\n`)
}

/** A line that browsers leave out: it shows both ends that the connection is there. */
export const heartbeat = Buffer.from(': here\n\n')
/** Milliseconds after which a browser that has lost the connection tries again. */
export const opening = Buffer.from('retry: 2000\n\n')

export type FleetEvents = {
  readonly name: 'snapshot' | 'update'
  readonly vins: readonly string[]
  /** Vehicles that are no longer known. */
  readonly gone: readonly string[]
  /** Milliseconds since the Unix epoch. */
  readonly now: number
}

/** The states of vehicles, made one event after the other as they are taken. */
export function* fleetEvents(fleet: LiveFleet, events: FleetEvents): Generator<Buffer> {
  const { name, vins, gone } = events
  const now = JSON.stringify(new Date(events.now).toISOString())
  for (let at = 0; at < vins.length; at += vehiclesPerEvent) {
    const states = vins.slice(at, at + vehiclesPerEvent).flatMap((vin) => fleet.jsonOf(vin) ?? [])
    yield encodeEvent(name, `{"now":${now},"vehicles":[${states.join(',')}]}`)
  }
  if (gone.length > 0) {
    yield encodeEvent(name, `{"now":${now},"vehicles":[],"gone":${JSON.stringify(gone)}}`)
  }
}
