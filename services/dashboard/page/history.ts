import { getJson, pathWithQuery, vehiclePath } from './api.ts'
import type { FetchTracks, TrackHistory, Span } from './state/history/track-history.ts'
import type { FetchTrips } from './state/history/trip-history.ts'
import { lastSpan } from './state/history/span.ts'
import type { Session } from './state/session.ts'
import type { Tracks, VehicleTrack } from '../api/history.ts'

/** Pages of the fleet's tracks that are asked for at most, each of as many vehicles. */
const maxPages = 20
const vehiclesPerPage = 100
/** Metres by which a simplified track may be off. */
const toleranceMetres = { vehicle: 2, fleet: 10 }
/** Milliseconds of the span that is shown unless another is chosen. */
const defaultSpanMs = 15 * 60_000

/** Milliseconds after which what could not be read is asked for again. */
const retryDelayMs = 3_000

/** A span in the words of the API. */
export function toSpanParameters({ from, to }: Span): { from: string; to: string } {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() }
}

/** Tracks from the platform: of one vehicle, or page by page of the fleet. */
export const fetchTracks: FetchTracks = async (span, vin, signal) => {
  if (vin === undefined) return fetchFleetTracks(span, signal)
  const parameters = { ...toSpanParameters(span), toleranceMetres: toleranceMetres.vehicle }
  const track = await getJson<VehicleTrack>(
    pathWithQuery(`${vehiclePath(vin)}/track`, parameters),
    signal,
  )
  return { tracks: [track], isComplete: true }
}

async function fetchFleetTracks(span: Span, signal: AbortSignal): ReturnType<FetchTracks> {
  const parameters = {
    ...toSpanParameters(span),
    toleranceMetres: toleranceMetres.fleet,
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

/** Trips and stops of a vehicle within a span, from the platform. */
export const fetchTrips: FetchTrips = (span, vin, signal) =>
  getJson(pathWithQuery(`${vehiclePath(vin)}/trips`, toSpanParameters(span)), signal)

/** Loads what the view asks for, whenever it asks for something else. */
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

/** Asks again for what could not be read, for as long as somebody looks at the history. */
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
