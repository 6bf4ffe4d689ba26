import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { LiveFleet } from './live-fleet.ts'
import { encodeEvent, fleetEvents, opening } from './stream-events.ts'

/** What may wait for a browser to read; the bytes of changes are the same for all of them. */
const mostQueuedBytes = 1024 * 1024

/**
 * One browser on the stream. It is written to only while it reads: what it misses meanwhile is no
 * queue, but the version of the fleet up to which it knows everything.
 */
export class StreamReader {
  readonly #response: ServerResponse
  readonly #fleet: LiveFleet
  /** Knows all changes up to this version. */
  #version = -1
  #isCatchingUp = false
  /** Since when it has not read, as `performance.now` has it; undefined while it does. */
  #blockedSince: number | undefined

  constructor(response: ServerResponse, fleet: LiveFleet) {
    this.#response = response
    this.#fleet = fleet
    response.on('drain', () => {
      this.#blockedSince = undefined
    })
  }

  /** Sends all vehicles, then says that the stream is live. */
  async begin(): Promise<void> {
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    this.#write(opening)
    await this.#catchUp('snapshot')
    this.#write(encodeEvent('live', '{}'))
  }

  /**
   * Sends changes that were encoded for everybody; one who does not read now, or has not known
   * what was before them, catches up by himself.
   */
  send(changes: readonly Buffer[], { from, to }: { from: number; to: number }): void {
    if (this.#isCatchingUp || this.#isBlocked()) return
    if (this.#version < from) {
      void this.#catchUp('update')
      return
    }
    for (const change of changes) {
      if (this.#isBlocked()) return
      this.#write(change)
    }
    this.#version = to
  }

  /** Sends what is worth nothing later, unless the browser does not read now. */
  sendIfReading(event: Buffer): void {
    if (!this.#isBlocked() && !this.#isCatchingUp) this.#write(event)
  }

  #isBlocked(): boolean {
    return this.#blockedSince !== undefined
  }

  /** For how many milliseconds it has not read. */
  blockedFor(now: number): number {
    return this.#blockedSince === undefined ? 0 : now - this.#blockedSince
  }

  drop(): void {
    this.#response.destroy()
  }

  /** Ends the stream; whoever does not read now is not waited for. */
  end(): void {
    if (this.#isBlocked()) this.drop()
    else this.#response.end()
  }

  async #catchUp(name: 'snapshot' | 'update'): Promise<void> {
    this.#isCatchingUp = true
    const version = this.#fleet.version
    const vins = this.#fleet.changedSince(this.#version)
    const gone = name === 'snapshot' ? [] : this.#fleet.goneSince(this.#version)
    for (const event of fleetEvents(this.#fleet, { name, vins, gone, now: Date.now() })) {
      this.#write(event)
      if (this.#response.writableNeedDrain) await this.#room()
      if (this.#response.destroyed) return
    }
    this.#version = version
    this.#isCatchingUp = false
  }

  #write(bytes: Buffer): void {
    this.#response.write(bytes)
    if (this.#response.writableLength > mostQueuedBytes) this.#blockedSince ??= performance.now()
  }

  /** Resolves when the browser has read all, or is gone. */
  async #room(): Promise<void> {
    this.#blockedSince ??= performance.now()
    const left = new AbortController()
    const close = (): void => {
      left.abort()
    }
    this.#response.once('close', close)
    await once(this.#response, 'drain', { signal: left.signal }).catch(() => undefined)
    this.#response.off('close', close)
  }
}
