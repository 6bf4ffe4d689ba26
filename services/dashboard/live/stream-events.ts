import type { LiveFleet } from './live-fleet.ts'

/** The events of the stream, encoded as server-sent events. */

/**
 * An event ends with the vehicle that reaches this number of characters. The page treats a
 * connection as lost if no whole event arrives in 8 s; at 160 kbit/s an event of this size takes
 * 1.6 s. A slow browser costs only the memory of one event.
 */
const targetEventLength = 32_768

export function encodeEvent(name: string, json: string): Buffer {
  return Buffer.from(`event: ${name}\ndata: ${json}\n\n`)
}

/** A comment, which browsers ignore. It shows both ends that the connection works. */
export const heartbeat = Buffer.from(': here\n\n')
/** The browser reconnects 2 s after it lost the connection. */
export const retryHint = Buffer.from('retry: 2000\n\n')

export type FleetEventOptions = {
  readonly name: 'snapshot' | 'update'
  readonly vins: readonly string[]
  /** Vins of vehicles that were removed from the fleet. */
  readonly removed: readonly string[]
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: number
}

/** Encodes the states of vehicles as events. Each event is encoded when the caller takes it. */
export function* fleetEvents(fleet: LiveFleet, events: FleetEventOptions): Generator<Buffer> {
  const { name, removed } = events
  const now = JSON.stringify(new Date(events.nowMs).toISOString())
  for (const states of inChunks(fleet, events.vins)) {
    yield encodeEvent(name, `{"now":${now},"vehicles":[${states.join(',')}]}`)
  }
  if (removed.length > 0) {
    yield encodeEvent(name, `{"now":${now},"vehicles":[],"gone":${JSON.stringify(removed)}}`)
  }
}

function* inChunks(fleet: LiveFleet, vins: readonly string[]): Generator<string[]> {
  let [chunk, length]: [string[], number] = [[], 0]
  for (const vin of vins) {
    const state = fleet.stateJson(vin)
    if (state === undefined) continue
    chunk.push(state)
    length += state.length
    if (length < targetEventLength) continue
    yield chunk
    ;[chunk, length] = [[], 0]
  }
  if (chunk.length > 0) yield chunk
}
