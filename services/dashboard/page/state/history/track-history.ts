import { ApiError } from '../../api.ts'
import type { Track } from '../../../api/history.ts'
import { Emitter } from '../emitter.ts'

/** @member mayPass whether the same question may be answered later */
export type Failure = {
  readonly kind: 'failed'
  readonly reason: string
  readonly isRetryable: boolean
}

/** What was asked for and is not there, or was not asked for. */
export type NotLoaded = { readonly kind: 'none' } | { readonly kind: 'loading' } | Failure

/** What is known of the span that is looked at. */
export type TracksState =
  | NotLoaded
  | { readonly kind: 'loaded'; readonly tracks: readonly Track[]; readonly isComplete: boolean }

export type Span = { readonly from: number; readonly to: number }

/** Fetches the tracks of a span; `isWhole` says whether all vehicles came. */
export type FetchTracks = (
  span: Span,
  vin: string | undefined,
  signal: AbortSignal,
) => Promise<{ readonly tracks: readonly Track[]; readonly isComplete: boolean }>

/** A span of the past, and the moment of it that is shown. Its times are milliseconds since the Unix epoch. */
export class TrackHistory extends Emitter<{ change: undefined; loaded: undefined }> {
  readonly #fetch: FetchTracks
  #state: TracksState = { kind: 'none' }
  #byVin: ReadonlyMap<string, Track> = new Map()
  #span: Span | undefined
  #time = 0
  /** Whose tracks are loaded, and the moment to begin with. */
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

  /** Whose track it is; undefined where it is the fleet's. */
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

  /** Shows a moment, within the span. */
  seek(time: number): void {
    const { from, to } = this.#span ?? { from: time, to: time }
    this.#time = Math.min(to, Math.max(from, time))
    this.emit('change', undefined)
  }

  /**
   * Loads a span; what was being loaded is called off.
   *
   * @param time to begin with; without one it is the first moment at which there is something
   */
  async load(span: Span, vin: string | undefined, time?: number): Promise<void> {
    this.#span = span
    this.#query = { vin, time }
    this.#set({ kind: 'loading' })
    await this.#request(span)
  }

  /** Asks once more for what could not be had; what is said of it stays until there is an answer. */
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

/** What is said where it would stand; nothing where nobody has asked. */
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

/** @throws what is no answer of the server */
export function toFailure(error: unknown): Failure {
  if (!(error instanceof ApiError)) throw error
  const { message: reason, status } = error
  return { kind: 'failed', reason, isRetryable: status < 400 || status >= 500 }
}

/** Milliseconds after the first reading within which those that report together have all reported. */
const startWindowMs = 30_000

/** When vehicles are there: as soon as those that begin together have begun. */
function startTimeOf(tracks: readonly Track[]): number | undefined {
  const firsts = tracks.flatMap(({ points }) => points.slice(0, 1).map(([at]) => at))
  const first = firsts.reduce((a, b) => Math.min(a, b), Infinity)
  const together = firsts.filter((at) => at <= first + startWindowMs)
  return together.length > 0 ? together.reduce((a, b) => Math.max(a, b)) : undefined
}
