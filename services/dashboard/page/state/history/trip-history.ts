import type { Stop, TripsAndStops } from '../../../api/history.ts'
import { Emitter } from '../emitter.ts'
import type { NotLoaded, TrackHistory, Span } from './track-history.ts'
import { toFailure, notLoadedText } from './track-history.ts'

/** The loading state of the trips and stops of the vehicle whose track is loaded. */
export type TripsState = NotLoaded | ({ readonly kind: 'loaded' } & TripsAndStops)

export type FetchTrips = (span: Span, vin: string, signal: AbortSignal) => Promise<TripsAndStops>

/** The trips and stops of the vehicle and span in the history. They are loaded after the track. */
export class TripHistory extends Emitter<{ loaded: undefined }> {
  readonly #trackHistory: TrackHistory
  readonly #fetch: FetchTrips
  #state: TripsState = { kind: 'none' }
  #loading: AbortController | undefined

  constructor(trackHistory: TrackHistory, fetch: FetchTrips) {
    super()
    this.#trackHistory = trackHistory
    this.#fetch = fetch
    trackHistory.on('loaded', () => {
      void this.#onTracksChange()
    })
    void this.#onTracksChange()
  }

  get state(): TripsState {
    return this.#state
  }

  /** Repeats a failed load. The error stays visible until the response arrives. */
  async retry(): Promise<void> {
    if (this.#state.kind === 'failed') await this.#request()
  }

  async #onTracksChange(): Promise<void> {
    this.#loading?.abort()
    const { state, vin } = this.#trackHistory
    const isPending = vin !== undefined && (state.kind === 'loading' || state.kind === 'loaded')
    this.#set({ kind: isPending ? 'loading' : 'none' })
    if (state.kind === 'loaded') await this.#request()
  }

  async #request(): Promise<void> {
    const { span, vin } = this.#trackHistory
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

/** The text in place of the list; empty if there are trips or stops, or if nothing was requested. */
export function tripsText(state: TripsState): string {
  if (state.kind !== 'loaded') return notLoadedText(state)
  return state.trips.length + state.stops.length === 0 ? 'No trips or stops in this time span.' : ''
}

/** Whether the time span shows only a part of a trip or a stop; empty if it shows all of it. */
export function cutText({
  beganBefore,
  endsAfter,
}: Pick<Stop, 'beganBefore' | 'endsAfter'>): string {
  if (beganBefore && endsAfter) return 'began before and goes on after this time span'
  if (beganBefore) return 'began before this time span'
  return endsAfter ? 'goes on after this time span' : ''
}
