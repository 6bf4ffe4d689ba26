import type { ServerResponse } from 'node:http'
import type { LiveFleet } from './live-fleet.ts'
import { encodeEvent, fleetEvents, retryHint } from './stream-events.ts'

/**
 * One browser on the stream. One event at a time is given to its connection, and the next when that
 * one was taken: so it shows whether a slow one reads, and what it misses meanwhile is no queue, but
 * the version of the fleet up to which it knows everything.
 */
export class StreamConnection {
  readonly #response: ServerResponse
  readonly #fleet: LiveFleet
  /** Knows all changes up to this version. */
  #version = -1
  /** What it is being told of the fleet, made as it takes it; undefined while it knows all. */
  #events: Generator<Buffer> | undefined
  /** Whether these are the changes that were encoded for everybody. */
  #isSharing = false
  /** What comes before the next of them; another one takes its place. */
  #word: Buffer | undefined
  /** Since when its connection has an event to take, as `performance.now` has it. */
  #waitingSince: number | undefined

  constructor(response: ServerResponse, fleet: LiveFleet) {
    this.#response = response
    this.#fleet = fleet
  }

  /** Sends all vehicles, then says that the stream is live. */
  start(): void {
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    this.#tell(this.#greeting())
  }

  /**
   * Sends changes that were encoded for everybody, if there are any such; one who has not known what
   * was before them, or takes longer for them than until the next come, catches up by himself.
   */
  sendUpdate(
    events: readonly Buffer[] | undefined,
    { from, to }: { from: number; to: number },
  ): void {
    if (this.#isSharing) this.#events = undefined
    if (this.#events !== undefined || this.#version === to) return
    this.#isSharing = this.#version === from && events !== undefined
    this.#tell(this.#isSharing ? this.#shared(events ?? [], to) : this.#changes('update'))
  }

  /** Sends what is worth nothing later as the next event: the last of its kind, if some had to wait. */
  sendUrgent(event: Buffer): void {
    this.#word = event
    this.#next()
  }

  /** Sends what is worth something only while nothing else is sent. */
  sendIfIdle(event: Buffer): void {
    if (this.#waitingSince === undefined) this.sendUrgent(event)
  }

  /** For how many milliseconds its connection has not taken the event that waits. */
  blockedForMs(now: number): number {
    return this.#waitingSince === undefined ? 0 : now - this.#waitingSince
  }

  drop(): void {
    this.#response.destroy()
  }

  /** Ends the stream; whoever does not read now is not waited for. */
  end(): void {
    if (this.#waitingSince === undefined) this.#response.end()
    else this.drop()
  }

  *#greeting(): Generator<Buffer> {
    yield retryHint
    yield* this.#changes('snapshot')
    yield encodeEvent('live', '{}')
  }

  *#changes(name: 'snapshot' | 'update'): Generator<Buffer> {
    const { version } = this.#fleet
    const vins = this.#fleet.changedSince(this.#version)
    const removed = name === 'snapshot' ? [] : this.#fleet.removedSince(this.#version)
    yield* fleetEvents(this.#fleet, { name, vins, removed, nowMs: Date.now() })
    this.#version = version
  }

  *#shared(events: readonly Buffer[], to: number): Generator<Buffer> {
    yield* events
    this.#version = to
  }

  #tell(events: Generator<Buffer>): void {
    this.#events = events
    this.#next()
  }

  #next(): void {
    if (this.#waitingSince !== undefined || this.#response.destroyed) return
    const event = this.#word ?? this.#nextOfFleet()
    this.#word = undefined
    if (event === undefined) return
    this.#waitingSince = performance.now()
    this.#response.write(event, () => {
      this.#waitingSince = undefined
      this.#next()
    })
  }

  #nextOfFleet(): Buffer | undefined {
    const next = this.#events?.next()
    if (next?.done !== true) return next?.value
    this.#events = undefined
    this.#isSharing = false
    return undefined
  }
}
