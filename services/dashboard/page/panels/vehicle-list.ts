import type { KnownVehicle } from '../state/fleet.ts'
import { byName, matchesFilter } from '../state/fleet.ts'
import { formatAge, formatCount, formatSpeed, formatVehicleName } from '../state/format.ts'
import type { TrackHistory } from '../state/history/track-history.ts'
import { replayedVehicle } from '../state/history/replayed-vehicle.ts'
import type { Session } from '../state/session.ts'
import { byId, h, setText } from './dom.ts'
import { stateNames } from './state-glyph.ts'
import type { RowContent } from './vehicle-row.ts'
import { VehicleRow } from './vehicle-row.ts'

/** The same value is in `style/list.css`. */
const rowHeightPx = 50
/** Rows rendered above and below the visible ones. */
const overscanRows = 4

/**
 * The list of vehicles that match search and filter. Only visible rows are rendered, so that 10,000
 * vehicles cost as much as ten.
 */
export class VehicleList {
  readonly #session: Session
  readonly #list = byId('list', HTMLElement)
  readonly #count = byId('list-count', HTMLElement)
  readonly #noMatch = h(
    'p',
    { class: 'list-empty dim' },
    'No vehicle matches the search and filters.',
  )
  /** Rendered rows by vin. */
  #rows = new Map<string, VehicleRow>()
  readonly #spacer = h('div', { class: 'list-spacer', role: 'presentation' })
  readonly #trackHistory: TrackHistory
  /** Vins sorted by name, as of `#sortedRevision` of the fleet. */
  #sortedVins: readonly string[] = []
  #sortedRevision = -1
  #shown: readonly KnownVehicle[] = []
  #isRefreshScheduled = false

  constructor(session: Session, trackHistory: TrackHistory) {
    this.#session = session
    this.#trackHistory = trackHistory
    this.#list.append(this.#spacer)
    this.#list.before(this.#noMatch)
    const refresh = (): void => {
      this.#refresh()
    }
    this.#list.addEventListener('scroll', refresh)
    this.#list.addEventListener('keydown', (event) => {
      this.#onKey(event)
    })
    this.#spacer.addEventListener('click', (event) => {
      const row = event.target instanceof Element ? event.target.closest('[data-vin]') : null
      if (row instanceof HTMLElement) session.select(row.dataset['vin'])
    })
    new ResizeObserver(refresh).observe(this.#list)
    for (const name of ['tick', 'vehicles', 'gone'] as const) session.on(name, refresh)
    trackHistory.on('change', refresh)
    session.on('view', ({ view, last }) => {
      if (view.vin !== last.vin) this.#scrollToSelected()
      this.#refresh()
    })
  }

  #refresh(): void {
    if (this.#isRefreshScheduled) return
    this.#isRefreshScheduled = true
    requestAnimationFrame(() => {
      this.#isRefreshScheduled = false
      this.#show()
    })
  }

  /** Selects the first vehicle that matches, even if the list does not show it yet. */
  selectFirst(): void {
    this.#filter()
    const [first] = this.#shown
    if (first) this.#session.select(first.vehicle.vin)
  }

  #filter(): void {
    this.#sort()
    this.#shown = this.#sortedVins.flatMap((vin) => {
      const known = this.#session.fleet.get(vin)
      return known && this.#isShown(known) ? [known] : []
    })
  }

  #show(): void {
    this.#filter()
    this.#showCount()
    const { scrollTop, clientHeight } = this.#list
    const first = Math.max(0, Math.floor(scrollTop / rowHeightPx) - overscanRows)
    const last = Math.ceil((scrollTop + clientHeight) / rowHeightPx) + overscanRows
    this.#spacer.style.height = `${this.#shown.length * rowHeightPx}px`
    this.#showRows(this.#shown.slice(first, last), first)
  }

  #showRows(visible: readonly KnownVehicle[], first: number): void {
    const rows = visible.map((known, at) => this.#row(known, first + at))
    this.#rows = new Map(rows.map((row) => [row.vin, row]))
    const elements = rows.map(({ element }) => element)
    const isSame = elements.every((element, at) => element === this.#spacer.children[at])
    if (!isSame || elements.length !== this.#spacer.children.length) {
      this.#spacer.replaceChildren(...elements)
    }
    const selected = elements.find((element) => element.ariaSelected === 'true')
    if (selected) this.#list.setAttribute('aria-activedescendant', selected.id)
    else this.#list.removeAttribute('aria-activedescendant')
  }

  /** Sorts only when names have changed, not for each reading. */
  #sort(): void {
    const { fleet } = this.#session
    if (fleet.revision === this.#sortedRevision) return
    this.#sortedRevision = fleet.revision
    this.#sortedVins = [...fleet.values()].sort(byName).map(({ vehicle }) => vehicle.vin)
  }

  #showCount(): void {
    const { fleet, view } = this.#session
    const [shown, all] = [formatCount(this.#shown.length), formatCount(fleet.size)]
    const isFiltered = view.query !== '' || view.states.length > 0
    const vehicles = `${all} ${fleet.size === 1 ? 'vehicle' : 'vehicles'}`
    this.#noMatch.hidden = this.#shown.length > 0 || fleet.size === 0
    setText(this.#count, isFiltered ? `${shown} of ${vehicles}` : vehicles)
  }

  /** The filter by state applies to the current state, so the history ignores it. */
  #isShown(known: KnownVehicle): boolean {
    const session = this.#session
    if (session.view.mode !== 'history') return session.isShown(known)
    return matchesFilter(known, 'moving', { query: session.view.query, states: [] })
  }

  #row(known: KnownVehicle, index: number): VehicleRow {
    const { vin } = known.vehicle
    const { mode, vin: selected } = this.#session.view
    const row = this.#rows.get(vin) ?? new VehicleRow(vin)
    const content = mode === 'history' ? this.#historyContent(vin) : this.#liveContent(known)
    row.show(
      { name: formatVehicleName(known.vehicle), ...content },
      {
        index,
        size: this.#shown.length,
        isSelected: vin === selected,
        top: index * rowHeightPx,
      },
    )
    return row
  }

  #liveContent(known: KnownVehicle): Omit<RowContent, 'name'> {
    const state = this.#session.stateOf(known)
    const isLive = state === 'moving' || state === 'standing'
    if (isLive) return { state, text: formatSpeed(known.vehicle.speed), details: '' }
    const details = formatAge(this.#session.now - known.recordedAt)
    return { state, text: stateNames[state], details }
  }

  /** State and speed at the playback time. */
  #historyContent(vin: string): Omit<RowContent, 'name'> {
    const points = this.#trackHistory.trackOf(vin)?.points ?? []
    const replayed = replayedVehicle(this.#trackHistory, points, this.#session.settings)
    if (!replayed) return { state: undefined, text: '', details: '' }
    const { state, speed } = replayed
    const isLive = state === 'moving' || state === 'standing'
    return { state, text: isLive ? formatSpeed(speed) : stateNames[state], details: '' }
  }

  /** Arrow, page, Home and End keys move the selection. */
  #onKey(event: KeyboardEvent): void {
    const at = this.#shown.findIndex(({ vehicle }) => vehicle.vin === this.#session.view.vin)
    const page = Math.max(1, Math.floor(this.#list.clientHeight / rowHeightPx) - 1)
    const targets: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: this.#shown.length - 1,
    }
    const target = targets[event.key]
    if (target === undefined) return
    event.preventDefault()
    const clamped = Math.min(this.#shown.length - 1, Math.max(0, target))
    this.#session.select(this.#shown[clamped]?.vehicle.vin)
  }

  #scrollToSelected(): void {
    const at = this.#shown.findIndex(({ vehicle }) => vehicle.vin === this.#session.view.vin)
    if (at === -1) return
    const { scrollTop, clientHeight } = this.#list
    const top = at * rowHeightPx
    if (top < scrollTop) this.#list.scrollTop = top
    else if (top + rowHeightPx > scrollTop + clientHeight) {
      this.#list.scrollTop = top + rowHeightPx - clientHeight
    }
  }
}
