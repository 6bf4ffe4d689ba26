import type { Vehicle } from '../../api/vehicles.ts'
import type { KnownVehicle } from '../state/fleet.ts'
import {
  formatAge,
  formatCount,
  formatHeading,
  formatModel,
  formatMoment,
  formatPosition,
  formatSpeed,
  formatVehicleName,
  speedUnit,
} from '../state/format.ts'
import type { AltitudeReference } from '../../../telemetry/reading/altitude-reference.ts'
import { toAltitudeReference } from '../../../telemetry/reading/altitude-reference.ts'
import { isCounted } from '../../../telemetry/reading/device-sequence.ts'
import type { Session } from '../state/session.ts'
import type { VehicleActivity } from '../state/vehicle-activity.ts'
import { hasMap } from '../state/view.ts'
import { button, byId, h, setText } from './dom.ts'
import { metadataRows } from './metadata.ts'
import { stateGlyph, stateNames } from './state-glyph.ts'

/** The labels of the facts in display order, and how to format each. */
const facts: Readonly<Record<string, (known: KnownVehicle, now: number) => string>> = {
  Heading: ({ vehicle }) =>
    vehicle.heading === null ? 'not reported' : formatHeading(vehicle.heading),
  Position: ({ vehicle }) => formatPosition(vehicle.latitude, vehicle.longitude),
  Altitude: ({ vehicle }) =>
    vehicle.altitude === null
      ? 'not reported'
      : `${vehicle.altitude.toFixed(0)} m ${measuredFrom(vehicle.metadata)}`,
  Recorded: ({ recordedAt }, now) => formatMoment(recordedAt, now),
  Received: ({ vehicle }, now) => formatMoment(Date.parse(vehicle.receivedAt), now),
  Sequence: ({ vehicle }) =>
    hasSequence(vehicle) ? formatCount(vehicle.sequence) : 'not reported',
  Gaps: ({ vehicle }) => (hasSequence(vehicle) ? formatGaps(vehicle.gaps) : 'not known'),
  Receipt: ({ vehicle }) => vehicle.receipt ?? 'unknown',
}

/** Readings without a sequence have 0. Readings of phones and trackers have a number computed from their content. */
function hasSequence({ sequence, gaps }: Vehicle): boolean {
  return isCounted(sequence) || gaps > 0
}

const altitudesAre: Readonly<Record<AltitudeReference, string>> = {
  ellipsoid: 'above the ellipsoid',
  'sea-level': 'above sea level',
  unknown: '(above the ellipsoid or sea level)',
}

function measuredFrom(metadata: KnownVehicle['vehicle']['metadata']): string {
  return altitudesAre[toAltitudeReference(metadata?.['altitudeReference'])]
}

function formatGaps(gaps: number): string {
  return gaps === 0 ? 'none' : `${formatCount(gaps)} ${gaps === 1 ? 'reading' : 'readings'} missing`
}

/** The details of the selected vehicle. */
export class VehiclePanel {
  readonly #session: Session
  readonly #panel = byId('vehicle', HTMLElement)
  readonly #glyph = h('span', { class: 'vehicle-glyph' })
  readonly #name = h('h2', { class: 'vehicle-name' })
  readonly #vin = h('p', { class: 'vehicle-vin' })
  readonly #state = h('p', { class: 'vehicle-state' })
  readonly #follow: HTMLButtonElement
  readonly #values = new Map<string, HTMLElement>()
  readonly #facts = h('dl', { class: 'facts' })
  readonly #metadata = h('div', { class: 'metadata' })
  /** Content of the live view; `past` is the content of the history. */
  readonly live: HTMLElement
  readonly chart = h('div', { class: 'speed-chart' })
  readonly #speed = h('p', { class: 'vehicle-speed' })
  readonly historyHost = h('div', { class: 'history-details' })
  #shownMetadataJson: unknown

  constructor(session: Session) {
    this.#session = session
    this.#follow = button('Follow', { class: 'button', 'aria-keyshortcuts': 'f' }, () => {
      session.updateView({ isFollowing: !session.view.isFollowing })
    })
    const close = button('×', { class: 'quiet-button close', 'aria-label': 'Close' }, () => {
      session.select(undefined)
    })
    const show = button('Show on map', { class: 'button' }, () => {
      session.emit('mapCommand', 'showSelected')
    })
    for (const name of Object.keys(facts)) this.#addFact(name)
    this.live = h('div', {}, this.#facts, this.#metadata)
    this.#panel.append(
      h('header', { class: 'vehicle-head' }, this.#glyph, this.#name, close, this.#vin),
      this.#state,
      this.#speed,
      h('div', { class: 'buttons' }, this.#follow, show),
      h('h3', {}, `Speed in ${speedUnit()}`),
      this.chart,
      this.historyHost,
      this.live,
    )
    for (const name of ['tick', 'vehicles', 'view', 'gone'] as const) {
      session.on(name, () => {
        this.#show()
      })
    }
    this.#show()
  }

  #addFact(name: string): void {
    const value = h('dd', {})
    this.#values.set(name, value)
    this.#facts.append(h('div', { class: 'fact' }, h('dt', {}, name), value))
  }

  #show(): void {
    const { view, selected } = this.#session
    this.#panel.hidden = view.vin === undefined || !hasMap(view)
    if (this.#panel.hidden) return
    setText(this.#vin, view.vin ?? '')
    this.#follow.setAttribute('aria-pressed', String(view.isFollowing))
    setText(this.#follow, view.isFollowing ? 'Following' : 'Follow')
    this.live.hidden = view.mode === 'history' || selected === undefined
    this.#state.hidden = view.mode === 'history'
    this.#speed.hidden = this.live.hidden
    if (selected) this.#showKnown(selected)
    else this.#showUnknown()
  }

  #showUnknown(): void {
    setText(this.#name, this.#session.view.vin ?? '')
    this.#vin.hidden = true
    this.#glyph.replaceChildren()
    const isConnected = this.#session.connection.kind === 'live'
    setText(this.#state, isConnected ? unknownText : '')
    this.#panel.dataset['state'] = 'silent'
  }

  #showKnown(known: KnownVehicle): void {
    const state = this.#session.stateOf(known)
    const name = formatVehicleName(known.vehicle)
    setText(this.#name, name)
    const besideName = textBesideName(known.vehicle)
    setText(this.#vin, besideName)
    this.#vin.hidden = besideName === name
    if (this.#panel.dataset['state'] !== state || !this.#glyph.firstChild) {
      this.#panel.dataset['state'] = state
      this.#glyph.replaceChildren(stateGlyph(state))
    }
    const isLive = state === 'moving' || state === 'standing'
    setText(
      this.#speed,
      isLive ? formatSpeed(known.vehicle.speed) : `last ${formatSpeed(known.vehicle.speed)}`,
    )
    setText(this.#state, statusText(state, this.#session.now - known.recordedAt))
    for (const [name, value] of this.#values)
      setText(value, facts[name]?.(known, this.#session.now) ?? '')
    const { metadata } = known.vehicle
    const text = JSON.stringify(metadata)
    if (this.#shownMetadataJson === text) return
    this.#shownMetadataJson = text
    this.#metadata.replaceChildren(...metadataRows(metadata))
  }
}

/** The vin, and make and model if they are not the name. */
function textBesideName(vehicle: Vehicle): string {
  const model = vehicle.name === undefined ? '' : formatModel(vehicle)
  return [vehicle.vin, model].filter(Boolean).join(' · ')
}

const unknownText =
  'This vehicle has not reported, or its device was removed. “History” shows what is stored.'

function statusText(state: VehicleActivity, ageMs: number): string {
  const lastReading = `last reading ${formatAge(ageMs)}`
  return `${stateNames[state]} · ${lastReading}`
}
