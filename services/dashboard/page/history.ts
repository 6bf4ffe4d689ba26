import { getJson, pathWithQuery, vehiclePath } from './api.ts'
import type { FetchTracks, TrackHistory, Span } from './state/history/track-history.ts'
import type { FetchTrips } from './state/history/trip-history.ts'
import { lastSpan } from './state/history/span.ts'
import type { Session } from './state/session.ts'
import type { Tracks, VehicleTrack } from '../api/history.ts'

/** The largest number of pages of fleet tracks that are requested for one span. */
const maxPages = 20
const vehiclesPerPage = 100
/** The largest deviation of a simplified track from the real one. */
const toleranceMetres = { vehicle: 2, fleet: 10 }
/** The span that is shown until the user chooses one. */
const defaultSpanMs = 15 * 60_000
/** The wait before a failed request is sent again. */
const retryDelayMs = 3_000

/** A span as query parameters of the API. */
export function toSpanParameters({ from, to }: Span): { from: string; to: string } {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() }
}

/** Fetches the track of one vehicle, or the tracks of the fleet page by page. */
export const fetchTracks: FetchTracks = async (span, vin, signal) => {
  if (vin === undefined) return fetchFleetTracks(span, signal)
  const parameters = { ...toSpanParameters(span), tolerance: toleranceMetres.vehicle }
  const track = await getJson<VehicleTrack>(
    pathWithQuery(`${vehiclePath(vin)}/track`, parameters),
    signal,
  )
  return { tracks: [track], isComplete: true }
}

async function fetchFleetTracks(span: Span, signal: AbortSignal): ReturnType<FetchTracks> {
  const parameters = {
    ...toSpanParameters(span),
    tolerance: toleranceMetres.fleet,
    limit: vehiclesPerPage,
  }
  const tracks: Tracks['tracks'][number][] = []
  let next: string | null = null
  for (let page = 0; page < maxPages; page += 1) {
    const more = next === null ? {} : { cursor: next }
    const answer: Tracks = await getJson(
      pathWithQuery('/api/tracks', { ...parameters, ...more }),
      signal,
    )
    tracks.push(...answer.tracks)
    next = answer.next
    if (next === null) break
  }
  return { tracks, isComplete: next === null }
}

/** Fetches the trips and stops of a vehicle within a span. */
export const fetchTrips: FetchTrips = (span, vin, signal) =>
  getJson(pathWithQuery(`${vehiclePath(vin)}/trips`, toSpanParameters(span)), signal)

/** Loads tracks when the user opens the history or changes the span or the vehicle. */
export function startHistory(session: Session, trackHistory: TrackHistory): void {
  const load = (): void => {
    const { span, vin, time } = session.view
    if (span) void trackHistory.load(span, vin, time)
  }
  const enter = (): void => {
    if (session.view.span) load()
    else session.updateView({ span: lastSpan(session.now, defaultSpanMs) })
  }
  session.on('view', ({ view, last }) => {
    if (view.mode !== 'history') return
    if (last.mode !== 'history') enter()
    else if (view.span !== last.span || view.vin !== last.vin) load()
  })
  retryFailedLoads(session, trackHistory)
  if (session.view.mode === 'history') enter()
}

type RetryableLoad = {
  readonly state: { readonly kind: string; readonly isRetryable?: boolean }
  on: (name: 'loaded', listener: () => void) => void
  retry: () => Promise<void>
}

/** Retries a failed load while the history is open. */
export function retryFailedLoads(session: Session, load: RetryableLoad): void {
  let retry: number | undefined
  load.on('loaded', () => {
    clearTimeout(retry)
    if (load.state.isRetryable !== true) return
    retry = setTimeout(() => {
      if (session.view.mode === 'history') void load.retry()
    }, retryDelayMs)
  })
}
