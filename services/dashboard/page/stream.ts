import type { Session } from './state/session.ts'
import type { Health } from '../api/health.ts'
import type { VehiclesMessage } from '../api/vehicles.ts'

/** Milliseconds without any message after which the connection counts as lost; health comes every 2 s. */
const silenceLimit = 8_000
/** Milliseconds until the next attempt: doubling between these. */
const pauses = { first: 500, longest: 8_000 }

/**
 * Listens to the platform for as long as the page is open: snapshot, then what changes. A connection that
 * breaks, or over which nothing comes any more, is made anew.
 */
export class Stream {
  readonly #session: Session
  readonly #onLoss: () => void
  #source: EventSource | undefined
  #pause = pauses.first
  #retry: number | undefined
  #watchdog: number | undefined

  /** @param onLoss told each time that a connection is lost, or cannot be made */
  constructor(session: Session, onLoss: () => void) {
    this.#session = session
    this.#onLoss = onLoss
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
      // The browser's own retries know no bounds of ours, and none at all after an error status.
      if (source === this.#source) this.#lose()
    })
    this.#watch()
  }

  #listen(source: EventSource): void {
    const on = (name: string, take: (message: unknown) => void): void => {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        if (source !== this.#source) return
        this.#watch()
        take(JSON.parse(event.data))
      })
    }
    const take = (message: unknown): void => {
      this.#session.takeVehicles(message as VehiclesMessage)
    }
    on('snapshot', take)
    on('update', take)
    on('live', () => {
      this.#pause = pauses.first
      this.#session.endSnapshot()
      this.#session.setConnection({ kind: 'live' })
    })
    on('health', (health) => {
      this.#session.takeHealth(health as Health)
    })
  }

  /** Somebody has spoken. */
  #watch(): void {
    clearTimeout(this.#watchdog)
    this.#watchdog = setTimeout(() => {
      this.#lose()
    }, silenceLimit)
  }

  #lose(): void {
    clearTimeout(this.#watchdog)
    this.#source?.close()
    this.#source = undefined
    this.#session.setConnection({ kind: 'lost', since: Date.now() })
    this.#onLoss()
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => {
      this.#retryNow()
    }, this.#pause)
    this.#pause = Math.min(this.#pause * 2, pauses.longest)
  }

  #retryNow(): void {
    if (this.#source) return
    clearTimeout(this.#retry)
    this.open()
  }
}
