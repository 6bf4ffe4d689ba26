import type { LiveFleet } from './live-fleet.ts'

/** The events of the stream, as bytes. */

/**
 * Characters of one event, a vehicle more or less. The page takes a connection for lost over which no
 * whole event comes in 8 s: over 160 kbit/s one of this size takes 1.6 s. And it is all that a reader
 * who is slow costs.
 */
const targetEventLength = 32_768

export function encodeEvent(name: string, json: string): Buffer {
  return Buffer.from(`event: ${name}\ndata: ${json}\n\n`)
}

/** A line that browsers leave out: it shows both ends that the connection is there. */
export const heartbeat = Buffer.from(': here\n\n')
/** Milliseconds after which a browser that has lost the connection tries again. */
export const retryHint = Buffer.from('retry: 2000\n\n')

export type FleetEventOptions = {
  readonly name: 'snapshot' | 'update'
  readonly vins: readonly string[]
  /** Vehicles that are no longer known. */
  readonly removed: readonly string[]
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: number
}

/** The states of vehicles, made one event after the other as they are taken. */
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
  let [piece, length]: [string[], number] = [[], 0]
  for (const vin of vins) {
    const state = fleet.stateJson(vin)
    if (state === undefined) continue
    piece.push(state)
    length += state.length
    if (length < targetEventLength) continue
    yield piece
    ;[piece, length] = [[], 0]
  }
  if (piece.length > 0) yield piece
}
