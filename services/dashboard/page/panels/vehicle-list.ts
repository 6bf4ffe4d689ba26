import type { KnownVehicle } from '../state/fleet.ts'
import { byName, passes } from '../state/fleet.ts'
import { formatAge, formatCount, formatSpeed, nameOf } from '../state/format.ts'
import type { Past } from '../state/history/past.ts'
import { seenThen } from '../state/history/seen-then.ts'
import type { Session } from '../state/session.ts'
import { byId, h, setText } from './dom.ts'
import { stateNames } from './state-glyph.ts'
import type { RowContent } from './vehicle-row.ts'
import { VehicleRow } from './vehicle-row.ts'

/** Pixels; the style sheet has the same. */
const rowHeight = 50
/** Rows made beyond what is seen. */
const margin = 4

/**
 * All vehicles that search and filter let through. Only the rows that are seen exist: ten thousand
 * vehicles cost as much as ten.
 */
export class VehicleList {
  readonly #session: Session
  readonly #list = byId('list', HTMLElement)
  readonly #count = byId('list-count', HTMLElement)
  /** Of the vehicles that are seen, by vin. */
  #rows = new Map<string, VehicleRow>()
  readonly #spacer = h('div', { class: 'list-spacer', role: 'presentation' })
  readonly #past: Past
  /** Vins by name, as of a revision of the fleet. */
  #order: readonly string[] = []
  #sorted = -1
  #shown: readonly KnownVehicle[] = []
  #isDue = false

  constructor(session: Session, past: Past) {
    this.#session = session
    this.#past = past
    this.#list.append(this.#spacer)
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
    past.on('change', refresh)
    session.on('view', ({ view, last }) => {
      if (view.vin !== last.vin) this.#reveal()
      this.#refresh()
    })
  }

  #refresh(): void {
    if (this.#isDue) return
    this.#isDue = true
    requestAnimationFrame(() => {
      this.#isDue = false
      this.#show()
    })
  }

  /** Chooses the first vehicle that search and filter let through, whether or not it is drawn yet. */
  chooseFirst(): void {
    this.#sift()
    const [first] = this.#shown
    if (first) this.#session.select(first.vehicle.vin)
  }

  #sift(): void {
    this.#sort()
    this.#shown = this.#order.flatMap((vin) => {
      const known = this.#session.fleet.get(vin)
      return known && this.#isShown(known) ? [known] : []
    })
  }

  #show(): void {
    this.#sift()
    this.#showCount()
    const { scrollTop, clientHeight } = this.#list
    const first = Math.max(0, Math.floor(scrollTop / rowHeight) - margin)
    const last = Math.ceil((scrollTop + clientHeight) / rowHeight) + margin
    this.#spacer.style.height = `${this.#shown.length * rowHeight}px`
    this.#showRows(this.#shown.slice(first, last), first)
  }

  #showRows(seen: readonly KnownVehicle[], first: number): void {
    const rows = seen.map((known, at) => this.#row(known, first + at))
    this.#rows = new Map(rows.map((row) => [row.vin, row]))
    const elements = rows.map(({ element }) => element)
    const isSame = elements.every((element, at) => element === this.#spacer.children[at])
    if (!isSame || elements.length !== this.#spacer.children.length) {
      this.#spacer.replaceChildren(...elements)
    }
    const chosen = elements.find((element) => element.ariaSelected === 'true')
    if (chosen) this.#list.setAttribute('aria-activedescendant', chosen.id)
    else this.#list.removeAttribute('aria-activedescendant')
  }

  /** Thousands of names are not sorted again for each reading. */
  #sort(): void {
    const { fleet } = this.#session
    if (fleet.revision === this.#sorted) return
    this.#sorted = fleet.revision
    this.#order = [...fleet.values()].sort(byName).map(({ vehicle }) => vehicle.vin)
  }

  #showCount(): void {
    const { fleet, view } = this.#session
    const [shown, all] = [formatCount(this.#shown.length), formatCount(fleet.size)]
    const isFiltered = view.query !== '' || view.states.length > 0
    const vehicles = `${all} ${fleet.size === 1 ? 'vehicle' : 'vehicles'}`
    setText(this.#count, isFiltered ? `${shown} of ${vehicles}` : vehicles)
  }

  /** What the states filter is about is now, not then. */
  #isShown(known: KnownVehicle): boolean {
    const session = this.#session
    if (session.view.mode !== 'history') return session.isShown(known)
    return passes(known, 'moving', { query: session.view.query, states: [] })
  }

  #row(known: KnownVehicle, index: number): VehicleRow {
    const { vin } = known.vehicle
    const { mode, vin: chosen } = this.#session.view
    const row = this.#rows.get(vin) ?? new VehicleRow(vin)
    const seen = mode === 'history' ? this.#seenThen(vin) : this.#seenNow(known)
    row.show(
      { name: nameOf(known.vehicle), ...seen },
      {
        index,
        size: this.#shown.length,
        isChosen: vin === chosen,
        top: index * rowHeight,
      },
    )
    return row
  }

  #seenNow(known: KnownVehicle): Omit<RowContent, 'name'> {
    const state = this.#session.stateOf(known)
    const isLive = state === 'moving' || state === 'standing'
    if (isLive) return { state, text: formatSpeed(known.vehicle.speed), more: '' }
    const more = formatAge(this.#session.now - known.recordedAt)
    return { state, text: stateNames[state], more }
  }

  /** At the moment that is played. */
  #seenThen(vin: string): Omit<RowContent, 'name'> {
    const points = this.#past.trackOf(vin)?.points ?? []
    const seen = seenThen(this.#past, points, this.#session.settings)
    if (!seen) return { state: undefined, text: '', more: '' }
    const { state, speed } = seen
    const isLive = state === 'moving' || state === 'standing'
    return { state, text: isLive ? formatSpeed(speed) : stateNames[state], more: '' }
  }

  /** Arrow keys walk through the list, as in every list. */
  #onKey(event: KeyboardEvent): void {
    const at = this.#shown.findIndex(({ vehicle }) => vehicle.vin === this.#session.view.vin)
    const page = Math.max(1, Math.floor(this.#list.clientHeight / rowHeight) - 1)
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
    const bounded = Math.min(this.#shown.length - 1, Math.max(0, target))
    this.#session.select(this.#shown[bounded]?.vehicle.vin)
  }

  /** Scrolls to the vehicle that is looked at. */
  #reveal(): void {
    const at = this.#shown.findIndex(({ vehicle }) => vehicle.vin === this.#session.view.vin)
    if (at === -1) return
    const { scrollTop, clientHeight } = this.#list
    const top = at * rowHeight
    if (top < scrollTop) this.#list.scrollTop = top
    else if (top + rowHeight > scrollTop + clientHeight) {
      this.#list.scrollTop = top + rowHeight - clientHeight
    }
  }
}
