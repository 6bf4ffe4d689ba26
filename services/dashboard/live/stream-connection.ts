import type { ServerResponse } from 'node:http'
import type { LiveFleet } from './live-fleet.ts'
import { encodeEvent, fleetEvents, retryHint } from './stream-events.ts'

/**
 * One browser's connection to the stream. It writes one event at a time, and the next one when the
 * socket has accepted the last. So a stalled browser is detected, and a slow browser needs no
 * queue: the connection stores only the version of the fleet up to which it has sent all changes.
 */
export class StreamConnection {
  readonly #response: ServerResponse
  readonly #fleet: LiveFleet
  /** All changes up to this version were sent. */
  #version = -1
  /** The fleet events that are being sent, encoded one by one; undefined when all are sent. */
  #events: Generator<Buffer> | undefined
  /** Whether `#events` are the changes that were encoded for all connections. */
  #isSendingShared = false
  /** Sent before the next fleet event. A newer one replaces it. */
  #urgentEvent: Buffer | undefined
  /**
   * When the event that the socket has not accepted yet was written, on the clock of
   * `performance.now`.
   */
  #writtenAt: number | undefined

  constructor(response: ServerResponse, fleet: LiveFleet) {
    this.#response = response
    this.#fleet = fleet
  }

  /** Sends all vehicles, then the event `live`. */
  start(): void {
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    this.#sendAll(this.#initialEvents())
  }

  /**
   * Sends the changes between two versions of the fleet.
   *
   * A connection at version `from` sends the shared events. Without shared events, or if it missed
   * earlier changes, it encodes all changes since its own version. The same happens if it has not
   * sent all shared events when the next update arrives.
   *
   * @param events encoded once for all connections; undefined if they were too large
   */
  sendUpdate(
    events: readonly Buffer[] | undefined,
    { from, to }: { from: number; to: number },
  ): void {
    if (this.#isSendingShared) this.#events = undefined
    if (this.#events !== undefined || this.#version === to) return
    this.#isSendingShared = this.#version === from && events !== undefined
    this.#sendAll(
      this.#isSendingShared ? this.#sharedEvents(events ?? [], to) : this.#changes('update'),
    )
  }

  /** Sends an event before all fleet events. If several wait, only the last one is sent. */
  sendUrgent(event: Buffer): void {
    this.#urgentEvent = event
    this.#writeNext()
  }

  /** Sends an event only if the socket has accepted everything else. */
  sendIfIdle(event: Buffer): void {
    if (this.#writtenAt === undefined) this.sendUrgent(event)
  }

  /**
   * How long the socket has not accepted the event that was written last.
   *
   * @param now as `performance.now`
   */
  blockedForMs(now: number): number {
    return this.#writtenAt === undefined ? 0 : now - this.#writtenAt
  }

  drop(): void {
    this.#response.destroy()
  }

  /** Ends the stream without waiting for a browser that does not read now. */
  end(): void {
    if (this.#writtenAt === undefined) this.#response.end()
    else this.drop()
  }

  *#initialEvents(): Generator<Buffer> {
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

  *#sharedEvents(events: readonly Buffer[], to: number): Generator<Buffer> {
    yield* events
    this.#version = to
  }

  #sendAll(events: Generator<Buffer>): void {
    this.#events = events
    this.#writeNext()
  }

  #writeNext(): void {
    if (this.#writtenAt !== undefined || this.#response.destroyed) return
    const event = this.#urgentEvent ?? this.#nextFleetEvent()
    this.#urgentEvent = undefined
    if (event === undefined) return
    this.#writtenAt = performance.now()
    this.#response.write(event, () => {
      this.#writtenAt = undefined
      this.#writeNext()
    })
  }

  #nextFleetEvent(): Buffer | undefined {
    const next = this.#events?.next()
    if (next?.done !== true) return next?.value
    this.#events = undefined
    this.#isSendingShared = false
    return undefined
  }
}
