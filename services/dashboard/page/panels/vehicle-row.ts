import type { VehicleActivity } from '../state/vehicle-activity.ts'
import { h, setText } from './dom.ts'
import { stateGlyph } from './state-glyph.ts'

/** The content of a row. */
export type RowContent = {
  readonly name: string
  /** Undefined if the vehicle's state at the shown time is unknown. */
  readonly state: VehicleActivity | undefined
  readonly text: string
  readonly details: string
}

/** The position of a row in the list. */
export type RowPlace = {
  readonly index: number
  readonly size: number
  readonly isSelected: boolean
  /** Pixels from the top of the list. */
  readonly top: number
}

/**
 * The row of one vehicle. Its element stays the same while the row is visible: browsers report no click
 * if the element is replaced between press and release.
 */
export class VehicleRow {
  readonly vin: string
  readonly element: HTMLElement
  #glyph: Element = h('span', { class: 'glyph' })
  readonly #name = h('span', { class: 'row-name' })
  readonly #vin = h('span', { class: 'row-vin' })
  readonly #text = h('span', { class: 'row-speed' })
  readonly #details = h('span', { class: 'row-age' })
  #state: VehicleActivity | undefined

  constructor(vin: string) {
    this.vin = vin
    const parts = [this.#glyph, this.#name, this.#vin, this.#text, this.#details]
    this.element = h('div', { class: 'row', role: 'option', 'data-vin': vin }, ...parts)
  }

  show(
    { name, state, text, details }: RowContent,
    { index, size, isSelected, top }: RowPlace,
  ): void {
    const { element } = this
    setText(this.#name, name)
    setText(this.#vin, name === this.vin ? '' : this.vin)
    setText(this.#text, text)
    setText(this.#details, details)
    element.id = `row-${index}`
    element.ariaSelected = String(isSelected)
    element.ariaSetSize = String(size)
    element.ariaPosInSet = String(index + 1)
    element.style.transform = `translateY(${top}px)`
    if (state !== this.#state) this.#showState(state)
  }

  #showState(state: VehicleActivity | undefined): void {
    this.#state = state
    if (state === undefined) delete this.element.dataset['state']
    else this.element.dataset['state'] = state
    const glyph = state === undefined ? h('span', { class: 'glyph' }) : stateGlyph(state)
    this.#glyph.replaceWith(glyph)
    this.#glyph = glyph
  }
}
