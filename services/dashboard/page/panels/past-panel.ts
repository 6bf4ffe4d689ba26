import { toPath, vehiclePath } from '../api.ts'
import { toSpanParameters } from '../history.ts'
import { setFeatures } from '../map/base/base-map.ts'
import type { FleetMap } from '../map/fleet-map.ts'
import type { ShowDrive } from '../recent-drive.ts'
import { formatDistance, formatDuration, formatMinute, formatSpeed } from '../state/format.ts'
import type { Past, Span } from '../state/history/past.ts'
import type { PastTrips, TripsState } from '../state/history/past-trips.ts'
import { sentenceOf } from '../state/history/past-trips.ts'
import type { Session } from '../state/session.ts'
import type { ShownMoment } from '../state/history/shown-moment.ts'
import type { Stop, Trip, TripsAndStops } from '../../api/history.ts'
import type { Chart } from './chart.ts'
import { h } from './dom.ts'

export type PastPanelParts = {
  readonly host: HTMLElement
  readonly moment: ShownMoment
  readonly chart: Chart
  readonly fleetMap: FleetMap
  readonly trips: PastTrips
  readonly showDrive: ShowDrive
}

/** What a vehicle did within the span: its track, speed, trips and stops, and the way to take them along. */
export class PastPanel {
  readonly #session: Session
  readonly #past: Past
  readonly #parts: PastPanelParts

  constructor(session: Session, past: Past, parts: PastPanelParts) {
    this.#session = session
    this.#past = past
    this.#parts = parts
    parts.trips.on('loaded', () => {
      this.#show()
    })
    past.on('change', () => {
      if (session.view.mode === 'history') parts.chart.mark(past.time / 1000)
    })
    session.on('view', ({ view, last }) => {
      if (view.mode !== last.mode) this.#show()
    })
    parts.fleetMap.map.on('load', () => {
      this.#show()
    })
    this.#show()
  }

  #show(): void {
    const { mode, vin } = this.#session.view
    const { host, chart, fleetMap, trips, showDrive } = this.#parts
    host.hidden = mode !== 'history'
    const track = mode === 'history' ? this.#past.trackOf(vin) : undefined
    const { stops } = mode === 'history' ? listOf(trips.state) : nothing
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
    const { span } = this.#past
    if (vin === undefined || !span) return []
    const { state } = this.#parts.trips
    const { trips, stops } = listOf(state)
    const rows = [
      ...trips.map((trip) => ({ at: trip.from, row: this.#trip(trip) })),
      ...stops.map((stop) => ({ at: stop.from, row: this.#stop(stop) })),
    ].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
    const none = h('p', { class: 'dim' }, sentenceOf(state))
    return [
      h('h3', {}, 'Trips and stops'),
      rows.length === 0 ? none : h('ol', { class: 'trips' }, ...rows.map(({ row }) => row)),
      h('h3', {}, 'Take the track along'),
      h('p', { class: 'exports' }, ...exportLinks(vin, span)),
    ]
  }

  #trip({ from, to, distance, maxSpeed }: Trip): HTMLElement {
    const title = `${formatDistance(distance)} in ${durationOf(from, to)}`
    return this.#entry({ kind: 'trip', from, to }, title, `up to ${formatSpeed(maxSpeed)}`)
  }

  #stop({ from, to }: Stop): HTMLElement {
    return this.#entry({ kind: 'stop', from, to }, `Stood ${durationOf(from, to)}`, '')
  }

  #entry(
    span: { kind: string; from: string; to: string },
    title: string,
    more: string,
  ): HTMLElement {
    const start = Date.parse(span.from)
    const times = `${formatMinute(start)} – ${formatMinute(Date.parse(span.to))}`
    const entry = h(
      'button',
      { type: 'button', class: `trip ${span.kind}` },
      h('span', { class: 'trip-times' }, times),
      h('span', { class: 'trip-title' }, title),
      h('span', { class: 'trip-more' }, more),
    )
    entry.addEventListener('click', () => {
      this.#parts.moment.seek(start)
    })
    return h('li', {}, entry)
  }
}

const nothing: TripsAndStops = { trips: [], stops: [] }

function listOf(state: TripsState): TripsAndStops {
  return state.kind === 'loaded' ? state : nothing
}

function durationOf(from: string, to: string): string {
  return formatDuration(Date.parse(to) - Date.parse(from))
}

function exportLinks(vin: string, span: Span): HTMLElement[] {
  return (['GeoJSON', 'GPX', 'CSV'] as const).map((name) => {
    const parameters = { ...toSpanParameters(span), tolerance: 0, format: name.toLowerCase() }
    const href = toPath(`${vehiclePath(vin)}/track`, parameters)
    return h('a', { class: 'button', href, download: '', 'data-format': name.toLowerCase() }, name)
  })
}
