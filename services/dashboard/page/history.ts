import { getJson, toPath, vehiclePath } from './api.ts'
import type { FetchTracks, Past, Span } from './state/history/past.ts'
import type { FetchTrips } from './state/history/past-trips.ts'
import { lastSpan } from './state/history/span.ts'
import type { Session } from './state/session.ts'
import type { Tracks, VehicleTrack } from '../api/history.ts'

/** Pages of the fleet's tracks that are asked for at most, each of as many vehicles. */
const mostPages = 20
const vehiclesPerPage = 100
/** Metres by which a simplified track may be off. */
const tolerance = { vehicle: 2, fleet: 10 }
/** Milliseconds of the span that is shown unless another is chosen. */
const usualSpan = 15 * 60_000

/** Milliseconds after which what could not be read is asked for again. */
const pause = 3_000

/** A span in the words of the API. */
export function toSpanParameters({ from, to }: Span): { from: string; to: string } {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() }
}

/** Tracks from the platform: of one vehicle, or page by page of the fleet. */
export const fetchTracks: FetchTracks = async (span, vin, signal) => {
  if (vin === undefined) return fetchFleet(span, signal)
  const parameters = { ...toSpanParameters(span), tolerance: tolerance.vehicle }
  const track = await getJson<VehicleTrack>(toPath(`${vehiclePath(vin)}/track`, parameters), signal)
  return { tracks: [track], isWhole: true }
}

async function fetchFleet(span: Span, signal: AbortSignal): ReturnType<FetchTracks> {
  const parameters = {
    ...toSpanParameters(span),
    tolerance: tolerance.fleet,
    limit: vehiclesPerPage,
  }
  const tracks: Tracks['tracks'][number][] = []
  let next: string | null = null
  for (let page = 0; page < mostPages; page += 1) {
    const more = next === null ? {} : { cursor: next }
    const answer: Tracks = await getJson(toPath('/api/tracks', { ...parameters, ...more }), signal)
    tracks.push(...answer.tracks)
    next = answer.next
    if (next === null) break
  }
  return { tracks, isWhole: next === null }
}

/** Trips and stops of a vehicle within a span, from the platform. */
export const fetchTrips: FetchTrips = (span, vin, signal) =>
  getJson(toPath(`${vehiclePath(vin)}/trips`, toSpanParameters(span)), signal)

/** Loads what the view asks for, whenever it asks for something else. */
export function startHistory(session: Session, past: Past): void {
  const load = (): void => {
    const { span, vin, time } = session.view
    if (span) void past.load(span, vin, time)
  }
  const enter = (): void => {
    if (session.view.span) load()
    else session.look({ span: lastSpan(session.now, usualSpan) })
  }
  session.on('view', ({ view, last }) => {
    if (view.mode !== 'history') return
    if (last.mode !== 'history') enter()
    else if (view.span !== last.span || view.vin !== last.vin) load()
  })
  keepAsking(session, past)
  if (session.view.mode === 'history') enter()
}

type Question = {
  readonly state: { readonly kind: string; readonly mayPass?: boolean }
  on: (name: 'loaded', listener: () => void) => void
  retry: () => Promise<void>
}

/** Asks again for what could not be read, for as long as somebody looks at the history. */
export function keepAsking(session: Session, question: Question): void {
  let retry: number | undefined
  question.on('loaded', () => {
    clearTimeout(retry)
    if (question.state.mayPass !== true) return
    retry = setTimeout(() => {
      if (session.view.mode === 'history') void question.retry()
    }, pause)
  })
}
