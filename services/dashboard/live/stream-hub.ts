import type { ServerResponse } from 'node:http'
import { ClientLimit } from '../../adapters/http/limits/client-limit.ts'
import type { OnLimitReached } from '../../adapters/http/limits/limit-report.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { LiveFleet } from './live-fleet.ts'
import { encodeEvent, fleetEvents, heartbeat } from './stream-events.ts'
import { StreamConnection } from './stream-connection.ts'

export type StreamHubOptions = {
  readonly fleet: LiveFleet
  readonly logger: Logger
  /** The content of the event `health`; undefined while it is not known. */
  readonly healthJson: () => string | undefined
  /** A connection that accepts no bytes for this time is closed. */
  readonly stallTimeoutMs: number
  /** Limit of the streams of one client address. */
  readonly maxPerClient: number
  readonly onLimitReached: OnLimitReached
}

const updateIntervalMs = 250
const heartbeatIntervalMs = 10_000
const healthIntervalMs = 2_000
/** More than any fleet owner needs. Each connection costs a socket and some memory. */
export const maxStreamConnections = 500
/** Limit of the encoded update that all connections share: 40,000 readings in 250 ms need less. */
const maxSharedBytes = 4 * 1024 * 1024

/** Sends the changes of the fleet to all connected browsers. Each change is encoded once. */
export class StreamHub implements AsyncDisposable {
  readonly #options: StreamHubOptions
  readonly #connections = new Set<StreamConnection>()
  readonly #timers: NodeJS.Timeout[]
  /** Changes up to this version of the fleet were sent. */
  #sentVersion: number
  readonly #clientLimit: ClientLimit

  constructor(options: StreamHubOptions) {
    this.#options = options
    this.#clientLimit = new ClientLimit(options.maxPerClient)
    this.#sentVersion = options.fleet.version
    this.#timers = [
      setInterval(() => this.#sendUpdates(), updateIntervalMs),
      setInterval(() => this.#sendHeartbeats(), heartbeatIntervalMs),
      setInterval(() => this.#sendHealth(), healthIntervalMs),
    ]
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  get maxPerClient(): number {
    return this.#options.maxPerClient
  }

  /**
   * Sends the stream as this response, until the browser or the hub ends it. Sends nothing if a limit
   * is reached: that of all streams, or that of one client.
   *
   * @param client its IP address
   */
  add(response: ServerResponse, client: string): 'added' | 'full' | 'client-full' {
    if (this.#connections.size >= maxStreamConnections) {
      this.#options.onLimitReached('streams', client)
      return 'full'
    }
    const close = this.#clientLimit.open(client)
    if (close === undefined) {
      this.#options.onLimitReached('streams-per-client', client)
      return 'client-full'
    }
    response.on('close', close)
    this.#start(response)
    return 'added'
  }

  #start(response: ServerResponse): void {
    const connection = new StreamConnection(response, this.#options.fleet)
    this.#connections.add(connection)
    response.on('close', () => this.#connections.delete(connection))
    // After an error, 'close' follows.
    response.on('error', () => undefined)
    connection.start()
    const health = this.#options.healthJson()
    if (health !== undefined) connection.sendUrgent(encodeEvent('health', health))
  }

  #sendUpdates(): void {
    this.#dropStalled()
    const range = { from: this.#sentVersion, to: this.#options.fleet.version }
    this.#sentVersion = range.to
    const hasChanged = range.to !== range.from && this.#connections.size > 0
    const events = hasChanged ? this.#changesSince(range.from) : []
    // Also without a change, so that a connection that missed an earlier update catches up.
    for (const connection of this.#connections) connection.sendUpdate(events, range)
  }

  /**
   * Undefined if the events exceed `maxSharedBytes`: then each connection encodes them as it sends.
   */
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
    for (const connection of this.#connections) {
      const blockedForMs = connection.blockedForMs(now)
      if (blockedForMs <= this.#options.stallTimeoutMs) continue
      this.#options.logger.info({ blockedForMs }, 'slow-reader-dropped')
      connection.drop()
    }
  }

  #sendHealth(): void {
    const health = this.#options.healthJson()
    if (health === undefined) return
    const event = encodeEvent('health', health)
    for (const connection of this.#connections) connection.sendUrgent(event)
  }

  #sendHeartbeats(): void {
    for (const connection of this.#connections) connection.sendIfIdle(heartbeat)
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    for (const connection of this.#connections) connection.end()
    return Promise.resolve()
  }
}
