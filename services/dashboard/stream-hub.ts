import type { ServerResponse } from 'node:http'
import type { Log } from '../runtime/log.ts'
import type { LiveFleet } from './live-fleet.ts'
import { encodeEvent, fleetEvents, heartbeat } from './stream-events.ts'
import { StreamReader } from './stream-reader.ts'

export type StreamHubOptions = {
  readonly fleet: LiveFleet
  readonly log: Log
  /** What the event `health` says, as JSON; undefined before it is known. */
  readonly healthJson: () => string | undefined
  /** Milliseconds for which a browser may not read. */
  readonly patienceMs: number
}

/** Milliseconds between two updates, heartbeats, and looks at the health. */
const updateMs = 250
const heartbeatMs = 10_000
const healthMs = 2_000
/** More than any fleet owner has; each costs a connection and some memory. */
const mostReaders = 500

/** The stream: tells all browsers what changes, each change encoded once. */
export class StreamHub implements AsyncDisposable {
  readonly #options: StreamHubOptions
  readonly #readers = new Set<StreamReader>()
  readonly #timers: NodeJS.Timeout[]
  /** The version up to which changes were sent. */
  #sent: number

  constructor(options: StreamHubOptions) {
    this.#options = options
    this.#sent = options.fleet.version
    this.#timers = [
      setInterval(() => this.#update(), updateMs),
      setInterval(() => this.#tell(heartbeat), heartbeatMs),
      setInterval(() => this.#tellHealth(), healthMs),
    ]
  }

  get readers(): number {
    return this.#readers.size
  }

  get isFull(): boolean {
    return this.#readers.size >= mostReaders
  }

  /**
   * Makes the response a stream until one of the two ends it. One that waits for another answer on
   * its connection would never begin, nor be told that the connection is gone.
   */
  async add(response: ServerResponse): Promise<void> {
    if (response.socket === null) {
      response.req.socket.destroy()
      return
    }
    const reader = new StreamReader(response, this.#options.fleet)
    this.#readers.add(reader)
    response.on('close', () => this.#readers.delete(reader))
    // A connection that breaks is closed as well.
    response.on('error', () => undefined)
    await reader.begin()
    const health = this.#options.healthJson()
    if (health !== undefined) reader.sendIfReading(encodeEvent('health', health))
  }

  #update(): void {
    this.#dropStalled()
    const { fleet } = this.#options
    const range = { from: this.#sent, to: fleet.version }
    this.#sent = range.to
    const hasChanged = range.to !== range.from && this.#readers.size > 0
    const changes = hasChanged ? this.#changesSince(range.from) : []
    // Also without a change: who has missed an earlier one catches up.
    for (const reader of this.#readers) reader.send(changes, range)
  }

  #changesSince(version: number): Buffer[] {
    const { fleet } = this.#options
    const [vins, gone] = [fleet.changedSince(version), fleet.goneSince(version)]
    return [...fleetEvents(fleet, { name: 'update', vins, gone, now: Date.now() })]
  }

  #dropStalled(): void {
    const now = performance.now()
    for (const reader of this.#readers) {
      const blockedForMs = reader.blockedFor(now)
      if (blockedForMs <= this.#options.patienceMs) continue
      this.#options.log.info({ blockedForMs }, 'slow-reader-dropped')
      reader.drop()
    }
  }

  #tellHealth(): void {
    const health = this.#options.healthJson()
    if (health !== undefined) this.#tell(encodeEvent('health', health))
  }

  #tell(event: Buffer): void {
    for (const reader of this.#readers) reader.sendIfReading(event)
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    for (const reader of this.#readers) reader.end()
    return Promise.resolve()
  }
}
