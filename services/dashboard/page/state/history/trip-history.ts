import type { TripsAndStops } from '../../../api/history.ts'
import { Emitter } from '../emitter.ts'
import type { NotLoaded, TrackHistory, Span } from './track-history.ts'
import { toFailure, notLoadedText } from './track-history.ts'

/** What is known of the trips and stops of the vehicle whose track is loaded; without a track, nothing. */
export type TripsState = NotLoaded | ({ readonly kind: 'loaded' } & TripsAndStops)

export type FetchTrips = (span: Span, vin: string, signal: AbortSignal) => Promise<TripsAndStops>

/** Trips and stops of the span and the vehicle of the past, which come after its track. */
export class TripHistory extends Emitter<{ loaded: undefined }> {
  readonly #past: TrackHistory
  readonly #fetch: FetchTrips
  #state: TripsState = { kind: 'none' }
  #loading: AbortController | undefined

  constructor(past: TrackHistory, fetch: FetchTrips) {
    super()
    this.#past = past
    this.#fetch = fetch
    past.on('loaded', () => {
      void this.#onTracksLoaded()
    })
    void this.#onTracksLoaded()
  }

  get state(): TripsState {
    return this.#state
  }

  /** Asks once more for what could not be had; what is said of it stays until there is an answer. */
  async retry(): Promise<void> {
    if (this.#state.kind === 'failed') await this.#request()
  }

  async #onTracksLoaded(): Promise<void> {
    this.#loading?.abort()
    const { state, vin } = this.#past
    const isPending = vin !== undefined && (state.kind === 'loading' || state.kind === 'loaded')
    this.#set({ kind: isPending ? 'loading' : 'none' })
    if (state.kind === 'loaded') await this.#request()
  }

  async #request(): Promise<void> {
    const { span, vin } = this.#past
    if (!span || vin === undefined) return
    const loading = new AbortController()
    this.#loading = loading
    try {
      const answer = await this.#fetch(span, vin, loading.signal)
      if (!loading.signal.aborted) this.#set({ kind: 'loaded', ...answer })
    } catch (error) {
      if (!loading.signal.aborted) this.#set(toFailure(error))
    }
  }

  #set(state: TripsState): void {
    this.#state = state
    this.emit('loaded', undefined)
  }
}

/** What is said where no trips and stops are listed; nothing where some are, or nobody has asked. */
export function tripsText(state: TripsState): string {
  if (state.kind !== 'loaded') return notLoadedText(state)
  return state.trips.length + state.stops.length === 0 ? 'No trips in this span.' : ''
}
