import { ApiError } from '../../api.ts'
import type { Track } from '../../../api/history.ts'
import { Emitter } from '../emitter.ts'

/** @member isRetryable whether the same request may succeed later */
export type Failure = {
  readonly kind: 'failed'
  readonly reason: string
  readonly isRetryable: boolean
}

/** Nothing requested, loading, or failed. */
export type NotLoaded = { readonly kind: 'none' } | { readonly kind: 'loading' } | Failure

/** The loading state of the tracks. */
export type TracksState =
  | NotLoaded
  | { readonly kind: 'loaded'; readonly tracks: readonly Track[]; readonly isComplete: boolean }

/** Milliseconds since the Unix epoch. */
export type Span = { readonly from: number; readonly to: number }

/** Fetches the tracks of a span; `isComplete` is false if there are more vehicles. */
export type FetchTracks = (
  span: Span,
  vin: string | undefined,
  signal: AbortSignal,
) => Promise<{ readonly tracks: readonly Track[]; readonly isComplete: boolean }>

/** The tracks of a past span, and the playback time within it. Times are milliseconds since the Unix epoch. */
export class TrackHistory extends Emitter<{ change: undefined; loaded: undefined }> {
  readonly #fetch: FetchTracks
  #state: TracksState = { kind: 'none' }
  #byVin: ReadonlyMap<string, Track> = new Map()
  #span: Span | undefined
  #time = 0
  /** The vehicle whose track is loaded, and the initial playback time. */
  #query: { readonly vin: string | undefined; readonly time: number | undefined } = {
    vin: undefined,
    time: undefined,
  }
  #loading: AbortController | undefined

  constructor(fetch: FetchTracks) {
    super()
    this.#fetch = fetch
  }

  get state(): TracksState {
    return this.#state
  }

  get span(): Span | undefined {
    return this.#span
  }

  /** The vehicle whose track is loaded; undefined for the whole fleet. */
  get vin(): string | undefined {
    return this.#query.vin
  }

  get time(): number {
    return this.#time
  }

  get tracks(): readonly Track[] {
    return this.#state.kind === 'loaded' ? this.#state.tracks : []
  }

  trackOf(vin: string | undefined): Track | undefined {
    return vin === undefined ? undefined : this.#byVin.get(vin)
  }

  /** Sets the playback time, limited to the span. */
  seek(time: number): void {
    const { from, to } = this.#span ?? { from: time, to: time }
    this.#time = Math.min(to, Math.max(from, time))
    this.emit('change', undefined)
  }

  /**
   * Loads a span and aborts a load in progress.
   *
   * @param time the initial playback time; default: when the vehicles that start together have reported
   */
  async load(span: Span, vin: string | undefined, time?: number): Promise<void> {
    this.#span = span
    this.#query = { vin, time }
    this.#set({ kind: 'loading' })
    await this.#request(span)
  }

  /** Repeats a failed load. The error stays visible until the response arrives. */
  async retry(): Promise<void> {
    if (this.#span && this.#state.kind === 'failed') await this.#request(this.#span)
  }

  async #request(span: Span): Promise<void> {
    const { vin, time } = this.#query
    this.#loading?.abort()
    const loading = new AbortController()
    this.#loading = loading
    try {
      const answer = await this.#fetch(span, vin, loading.signal)
      if (loading.signal.aborted) return
      this.#set({ kind: 'loaded', ...answer })
      this.seek(time ?? startTimeOf(answer.tracks) ?? span.from)
    } catch (error) {
      if (loading.signal.aborted) return
      this.#set(toFailure(error))
    }
  }

  #set(state: TracksState): void {
    this.#state = state
    this.#byVin = new Map(this.tracks.map((track) => [track.vin, track]))
    this.emit('loaded', undefined)
    this.emit('change', undefined)
  }
}

/** The text in place of the missing content; empty if nothing was requested. */
export function notLoadedText(state: NotLoaded): string {
  switch (state.kind) {
    case 'none':
      return ''
    case 'loading':
      return 'Loading …'
    case 'failed':
      return state.reason
  }
}

/** @throws any error other than ApiError */
export function toFailure(error: unknown): Failure {
  if (!(error instanceof ApiError)) throw error
  const { message: reason, status } = error
  return { kind: 'failed', reason, isRetryable: status < 400 || status >= 500 }
}

/** Vehicles that start together have all reported within this time after the first reading. */
const startWindowMs = 30_000

/** The time at which all vehicles that start together have reported. */
function startTimeOf(tracks: readonly Track[]): number | undefined {
  const firsts = tracks.flatMap(({ points }) => points.slice(0, 1).map(([at]) => at))
  const first = firsts.reduce((a, b) => Math.min(a, b), Infinity)
  const together = firsts.filter((at) => at <= first + startWindowMs)
  return together.length > 0 ? together.reduce((a, b) => Math.max(a, b)) : undefined
}
