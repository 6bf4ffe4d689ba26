import { pathWithQuery, vehiclePath } from '../api.ts'
import { toSpanParameters } from '../history.ts'
import { setFeatures } from '../map/base/base-map.ts'
import type { FleetMap } from '../map/fleet-map.ts'
import type { ShowDrive } from '../recent-drive.ts'
import {
  formatDay,
  formatDistance,
  formatDuration,
  formatMinute,
  formatSpeed,
  isSameDay,
} from '../state/format.ts'
import type { TrackHistory, Span } from '../state/history/track-history.ts'
import type { TripHistory, TripsState } from '../state/history/trip-history.ts'
import { cutText, tripsText } from '../state/history/trip-history.ts'
import type { Session } from '../state/session.ts'
import type { Playhead } from '../state/history/playhead.ts'
import type { Stop, Trip, TripsAndStops } from '../../api/history.ts'
import type { Chart } from './chart.ts'
import { h } from './dom.ts'

export type HistoryPanelParts = {
  readonly host: HTMLElement
  readonly playhead: Playhead
  readonly chart: Chart
  readonly fleetMap: FleetMap
  readonly trips: TripHistory
  readonly showDrive: ShowDrive
}

/** The track, speed, trips and stops of a vehicle within the span, with links to download the track. */
export class HistoryPanel {
  readonly #session: Session
  readonly #trackHistory: TrackHistory
  readonly #parts: HistoryPanelParts

  constructor(session: Session, trackHistory: TrackHistory, parts: HistoryPanelParts) {
    this.#session = session
    this.#trackHistory = trackHistory
    this.#parts = parts
    parts.trips.on('loaded', () => {
      this.#show()
    })
    trackHistory.on('change', () => {
      if (session.view.mode === 'history') parts.chart.mark(trackHistory.time / 1000)
    })
    session.on('view', ({ view, last }) => {
      if (view.mode !== last.mode) this.#show()
    })
    parts.fleetMap.map.once('style.load', () => {
      this.#show()
    })
    this.#show()
  }

  #show(): void {
    const { mode, vin } = this.#session.view
    const { host, chart, fleetMap, trips, showDrive } = this.#parts
    host.hidden = mode !== 'history'
    const track = mode === 'history' ? this.#trackHistory.trackOf(vin) : undefined
    const { stops } = mode === 'history' ? tripsAndStopsOf(trips.state) : noTrips
    const coordinates = stops.map(({ at }) => [...at])
    setFeatures(fleetMap.map, 'stops', { type: 'MultiPoint', coordinates })
    if (mode !== 'history') {
      chart.mark(undefined)
      return
    }
    showDrive(track?.points ?? [])
    host.replaceChildren(...this.#rows())
  }

  #rows(): HTMLElement[] {
    const { vin } = this.#session.view
    const { span } = this.#trackHistory
    if (vin === undefined || !span) return []
    const { state } = this.#parts.trips
    const { trips, stops } = tripsAndStopsOf(state)
    const rows = [
      ...trips.map((trip) => ({ at: trip.from, row: this.#trip(trip) })),
      ...stops.map((stop) => ({ at: stop.from, row: this.#stop(stop) })),
    ].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
    const none = h('p', { class: 'dim' }, tripsText(state))
    return [
      h('h3', {}, 'Trips and stops'),
      rows.length === 0 ? none : h('ol', { class: 'trips' }, ...withDays(rows, span)),
      h('h3', {}, 'Download'),
      h('p', { class: 'exports' }, ...exportLinks(vin, span)),
    ]
  }

  #trip(trip: Trip): HTMLElement {
    const { from, to, distance, maxSpeed } = trip
    const title = `${formatDistance(distance)} in ${durationOf(from, to)}`
    const details = [`up to ${formatSpeed(maxSpeed)}`, cutText(trip)].filter((text) => text !== '')
    return this.#entry({ kind: 'trip', from, to }, title, details.join(', '))
  }

  #stop(stop: Stop): HTMLElement {
    const { from, to } = stop
    const title = `Stopped for ${durationOf(from, to)}`
    return this.#entry({ kind: 'stop', from, to }, title, cutText(stop))
  }

  #entry(
    span: { kind: string; from: string; to: string },
    title: string,
    details: string,
  ): HTMLElement {
    const start = Date.parse(span.from)
    const times = `${formatMinute(start)} – ${formatMinute(Date.parse(span.to))}`
    const entry = h(
      'button',
      { type: 'button', class: `trip ${span.kind}` },
      h('span', { class: 'trip-times' }, times),
      h('span', { class: 'trip-title' }, title),
      h('span', { class: 'trip-more' }, details),
    )
    entry.addEventListener('click', () => {
      this.#parts.playhead.seek(start)
    })
    return h('li', {}, entry)
  }
}

/** The rows, with the date before the first of each day if the span covers several days. */
function withDays(
  rows: readonly { readonly at: string; readonly row: HTMLElement }[],
  span: Span,
): HTMLElement[] {
  if (isSameDay(span.from, span.to)) return rows.map(({ row }) => row)
  return rows.flatMap(({ at, row }, index) => {
    const start = Date.parse(at)
    const before = rows[index - 1]
    const isSame = before !== undefined && isSameDay(Date.parse(before.at), start)
    return isSame ? [row] : [h('li', { class: 'trip-day dim' }, formatDay(start)), row]
  })
}

const noTrips: TripsAndStops = { trips: [], stops: [] }

function tripsAndStopsOf(state: TripsState): TripsAndStops {
  return state.kind === 'loaded' ? state : noTrips
}

function durationOf(from: string, to: string): string {
  return formatDuration(Date.parse(to) - Date.parse(from))
}

function exportLinks(vin: string, span: Span): HTMLElement[] {
  return (['GeoJSON', 'GPX', 'CSV'] as const).map((name) => {
    const parameters = { ...toSpanParameters(span), tolerance: 0, format: name.toLowerCase() }
    const href = pathWithQuery(`${vehiclePath(vin)}/track`, parameters)
    return h('a', { class: 'button', href, download: '', 'data-format': name.toLowerCase() }, name)
  })
}
