import type { WaitingVehicle } from '../../../api/devices.ts'
import { waitingHint, waitingText } from '../../state/devices/waiting-texts.ts'
import type { Session } from '../../state/session.ts'
import { button, h, setText } from '../dom.ts'
import { withCode } from '../pipeline-row.ts'

type Row = { readonly element: HTMLElement; readonly text: HTMLElement; readonly add: HTMLElement }

/** The vehicles without a device whose requests are refused. A click makes a device of one. */
export class WaitingList {
  readonly element = h('section', { class: 'device-section', hidden: true })
  readonly #session: Session
  readonly #onAdd: (id: string) => void
  readonly #hint = h('p', { class: 'dim' })
  readonly #list = h('ul', { class: 'plain card device-list' })
  readonly #rows = new Map<string, Row>()

  constructor(session: Session, onAdd: (id: string) => void) {
    this.#session = session
    this.#onAdd = onAdd
    this.element.append(h('h2', {}, 'Wants to join'), this.#hint, this.#list)
  }

  show(waiting: readonly WaitingVehicle[], mayChange: boolean): void {
    this.element.hidden = waiting.length === 0
    const hint = waitingHint(mayChange)
    if (this.#hint.textContent !== hint.replaceAll('`', ''))
      this.#hint.replaceChildren(...withCode(hint))
    const ids = new Set(waiting.map(({ id }) => id))
    for (const [id, row] of this.#rows) {
      if (ids.has(id)) continue
      row.element.remove()
      this.#rows.delete(id)
    }
    for (const vehicle of waiting) {
      const row = this.#rows.get(vehicle.id) ?? this.#addRow(vehicle.id)
      row.add.hidden = !mayChange
      setText(row.text, waitingText(vehicle, this.#session.now))
    }
  }

  /** A new vehicle is the last of the list, so that the buttons stay where they are. */
  #addRow(id: string): Row {
    const add = button('Add', { class: 'button', 'aria-label': `Add ${id}` }, () => {
      this.#onAdd(id)
    })
    const text = h('span', { class: 'dim device-now' })
    const element = h(
      'li',
      { class: 'device' },
      h('span', { class: 'device-name' }, id),
      text,
      h('span', { class: 'device-actions' }, add),
    )
    const row = { element, text, add }
    this.#rows.set(id, row)
    this.#list.append(element)
    return row
  }
}
