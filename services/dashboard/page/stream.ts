import type { Session } from './state/session.ts'
import type { Health } from '../api/health.ts'
import type { VehiclesMessage } from '../api/vehicles.ts'

/** Without a message for this long the connection counts as lost; health messages come every 2 s. */
const silenceTimeoutMs = 8_000
/** The delay before a reconnection doubles from `first` to `max`. */
const retryDelayMs = { first: 500, max: 8_000 }

/**
 * Receives events from the platform while the page is open: a snapshot, then changes. Reconnects after
 * an error and when no message has arrived within the timeout.
 */
export class Stream {
  readonly #session: Session
  readonly #onConnectionLost: () => void
  #source: EventSource | undefined
  #nextDelayMs = retryDelayMs.first
  #retry: number | undefined
  #watchdog: number | undefined

  /** @param onConnectionLost called each time a connection is lost or cannot be opened */
  constructor(session: Session, onConnectionLost: () => void) {
    this.#session = session
    this.#onConnectionLost = onConnectionLost
    addEventListener('online', () => {
      this.#retryNow()
    })
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.#retryNow()
    })
  }

  open(): void {
    const source = new EventSource('/api/stream')
    this.#source = source
    this.#session.fleet.beginSnapshot()
    this.#listen(source)
    source.addEventListener('error', () => {
      // The browser's own retries have no backoff limit that we control, and stop after an error status.
      if (source === this.#source) this.#reconnectLater()
    })
    this.#resetWatchdog()
  }

  #listen(source: EventSource): void {
    const on = (name: string, handle: (message: unknown) => void): void => {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        if (source !== this.#source) return
        this.#resetWatchdog()
        handle(JSON.parse(event.data))
      })
    }
    const handle = (message: unknown): void => {
      this.#session.applyVehicles(message as VehiclesMessage)
    }
    on('snapshot', handle)
    on('update', handle)
    on('live', () => {
      this.#nextDelayMs = retryDelayMs.first
      this.#session.endSnapshot()
      this.#session.setConnection({ kind: 'live' })
    })
    on('health', (health) => {
      this.#session.applyHealth(health as Health)
    })
  }

  /** Called for each message. */
  #resetWatchdog(): void {
    clearTimeout(this.#watchdog)
    this.#watchdog = setTimeout(() => {
      this.#reconnectLater()
    }, silenceTimeoutMs)
  }

  #reconnectLater(): void {
    clearTimeout(this.#watchdog)
    this.#source?.close()
    this.#source = undefined
    this.#session.setConnection({ kind: 'lost', since: Date.now() })
    this.#onConnectionLost()
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => {
      this.#retryNow()
    }, this.#nextDelayMs)
    this.#nextDelayMs = Math.min(this.#nextDelayMs * 2, retryDelayMs.max)
  }

  #retryNow(): void {
    if (this.#source) return
    clearTimeout(this.#retry)
    this.open()
  }
}
