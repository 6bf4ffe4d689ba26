import { ApiError } from '../api.ts'
import type { Track } from '../wire.ts'
import { Emitter } from './emitter.ts'
import { pointBefore } from './playback.ts'

/** What is known of the span that is looked at. */
export type PastState =
  | { readonly kind: 'none' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'loaded'; readonly tracks: readonly Track[]; readonly isWhole: boolean }

export type Span = { readonly from: number; readonly to: number }

/** Fetches the tracks of a span; `isWhole` says whether all vehicles came. */
export type FetchTracks = (
  span: Span,
  vin: string | undefined,
  signal: AbortSignal,
) => Promise<{ readonly tracks: readonly Track[]; readonly isWhole: boolean }>

/** A span of the past, and the moment of it that is shown. Its times are milliseconds since the Unix epoch. */
export class Past extends Emitter<{ change: undefined; loaded: undefined }> {
  readonly #fetch: FetchTracks
  #state: PastState = { kind: 'none' }
  #span: Span | undefined
  #time = 0
  #loading: AbortController | undefined

  constructor(fetch: FetchTracks) {
    super()
    this.#fetch = fetch
  }

  get state(): PastState {
    return this.#state
  }

  get span(): Span | undefined {
    return this.#span
  }

  get time(): number {
    return this.#time
  }

  get tracks(): readonly Track[] {
    return this.#state.kind === 'loaded' ? this.#state.tracks : []
  }

  trackOf(vin: string | undefined): Track | undefined {
    return this.tracks.find((track) => track.vin === vin)
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
    this.#loading?.abort()
    const loading = new AbortController()
    this.#loading = loading
    this.#span = span
    this.#set({ kind: 'loading' })
    try {
      const answer = await this.#fetch(span, vin, loading.signal)
      if (loading.signal.aborted) return
      this.#set({ kind: 'loaded', ...answer })
      this.seek(time ?? firstMomentOf(answer.tracks) ?? span.from)
    } catch (error) {
      if (loading.signal.aborted) return
      const why = error instanceof ApiError ? error.message : 'The answer cannot be read.'
      this.#set({ kind: 'failed', why })
    }
  }

  #set(state: PastState): void {
    this.#state = state
    this.emit('loaded', undefined)
    this.emit('change', undefined)
  }
}

function firstMomentOf(tracks: readonly Track[]): number | undefined {
  const firsts = tracks.flatMap(({ points }) => points.slice(0, 1).map(([at]) => at))
  return firsts.length > 0 ? firsts.reduce((a, b) => Math.min(a, b)) : undefined
}

/** How many vehicles have been seen within `window` milliseconds before a moment. */
export function countSeen(tracks: readonly Track[], at: number, window: number): number {
  return tracks.filter(({ points }) => {
    const last = points[pointBefore(points, at)]
    return last !== undefined && at - last[0] <= window
  }).length
}
