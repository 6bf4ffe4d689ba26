import type { ServerResponse } from 'node:http'
import type { Logger } from '../../runtime/logger.ts'
import type { LiveFleet } from './live-fleet.ts'
import { encodeEvent, fleetEvents, heartbeat } from './stream-events.ts'
import { StreamConnection } from './stream-connection.ts'

export type StreamHubOptions = {
  readonly fleet: LiveFleet
  readonly logger: Logger
  /** What the event `health` says, as JSON; undefined before it is known. */
  readonly healthJson: () => string | undefined
  /** Milliseconds for which a browser's connection may take nothing. */
  readonly stallTimeoutMs: number
}

/** Milliseconds between two updates, heartbeats, and looks at the health. */
const updateMs = 250
const heartbeatMs = 10_000
const healthMs = 2_000
/** More than any fleet owner has; each costs a connection and some memory. */
const maxConnections = 500
/** Bytes of one update for everybody: a quarter second of 40,000 readings has less. */
const maxSharedBytes = 4 * 1024 * 1024

/** The stream: tells all browsers what changes, each change encoded once. */
export class StreamHub implements AsyncDisposable {
  readonly #options: StreamHubOptions
  readonly #readers = new Set<StreamConnection>()
  readonly #timers: NodeJS.Timeout[]
  /** The version up to which changes were sent. */
  #sent: number

  constructor(options: StreamHubOptions) {
    this.#options = options
    this.#sent = options.fleet.version
    this.#timers = [
      setInterval(() => this.#update(), updateMs),
      setInterval(() => this.#beat(), heartbeatMs),
      setInterval(() => this.#tellHealth(), healthMs),
    ]
  }

  get connectionCount(): number {
    return this.#readers.size
  }

  get isFull(): boolean {
    return this.#readers.size >= maxConnections
  }

  /**
   * Makes the response a stream until one of the two ends it. One that waits for another answer on
   * its connection would never begin, nor be told that the connection is gone.
   */
  add(response: ServerResponse): void {
    if (response.socket === null) {
      response.req.socket.destroy()
      return
    }
    const reader = new StreamConnection(response, this.#options.fleet)
    this.#readers.add(reader)
    response.on('close', () => this.#readers.delete(reader))
    // A connection that breaks is closed as well.
    response.on('error', () => undefined)
    reader.start()
    const health = this.#options.healthJson()
    if (health !== undefined) reader.sendUrgent(encodeEvent('health', health))
  }

  #update(): void {
    this.#dropStalled()
    const range = { from: this.#sent, to: this.#options.fleet.version }
    this.#sent = range.to
    const hasChanged = range.to !== range.from && this.#readers.size > 0
    const events = hasChanged ? this.#changesSince(range.from) : []
    // Also without a change: who has missed an earlier one catches up.
    for (const reader of this.#readers) reader.sendUpdate(events, range)
  }

  /** Undefined where they are too many to be held for everybody: each then makes them as he takes them. */
  #changesSince(version: number): Buffer[] | undefined {
    const { fleet } = this.#options
    const [vins, removed] = [fleet.changedSince(version), fleet.removedSince(version)]
    const events: Buffer[] = []
    let bytes = 0
    for (const event of fleetEvents(fleet, { name: 'update', vins, removed, nowMs: Date.now() })) {
      events.push(event)
      bytes += event.length
      if (bytes > maxSharedBytes) return undefined
    }
    return events
  }

  #dropStalled(): void {
    const now = performance.now()
    for (const reader of this.#readers) {
      const blockedForMs = reader.blockedForMs(now)
      if (blockedForMs <= this.#options.stallTimeoutMs) continue
      this.#options.logger.info({ blockedForMs }, 'slow-reader-dropped')
      reader.drop()
    }
  }

  #tellHealth(): void {
    const health = this.#options.healthJson()
    if (health === undefined) return
    const event = encodeEvent('health', health)
    for (const reader of this.#readers) reader.sendUrgent(event)
  }

  #beat(): void {
    for (const reader of this.#readers) reader.sendIfIdle(heartbeat)
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    for (const reader of this.#readers) reader.end()
    return Promise.resolve()
  }
}
