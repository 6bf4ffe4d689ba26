import type { Device } from '../../../api/devices.ts'
import type { ConfirmedChange } from '../../state/devices/device-texts.ts'
import { deviceStateOf } from '../../state/devices/device-texts.ts'
import type { Session } from '../../state/session.ts'
import { button, h, setText } from '../dom.ts'
import { AliasEditor } from './alias-editor.ts'

export type RowActions = {
  readonly change: (device: Device, what: ConfirmedChange) => void
  readonly rename: (device: Device, name: string) => void
  readonly addAlias: (device: Device, alias: string) => void
  readonly removeAlias: (device: Device, alias: string) => void
}

const labels: Readonly<Record<ConfirmedChange, string>> = {
  rotate: 'New token',
  revoke: 'Revoke',
  remove: 'Remove',
}

/** A device of the list. Elements are changed, not replaced, so that the focus stays. */
export class DeviceRow {
  readonly element = h('li', { class: 'device' })
  readonly #session: Session
  readonly #actions: RowActions
  readonly #name = h('a', { class: 'device-name' })
  readonly #ids = h('span', { class: 'dim device-ids' })
  readonly #badge = h('span', { class: 'badge' })
  readonly #state = h('span', { class: 'dim' })
  readonly #buttons: readonly (readonly [
    ConfirmedChange | 'rename' | 'aliases',
    HTMLButtonElement,
  ])[]
  readonly #field = h('input', { required: true, maxlength: 128, autocomplete: 'off' })
  readonly #form = h('form', { class: 'device-rename', hidden: true })
  readonly #group: HTMLElement
  readonly #aliases: AliasEditor
  #device: Device

  constructor(session: Session, device: Device, actions: RowActions) {
    this.#session = session
    this.#device = device
    this.#actions = actions
    const asked = (['rotate', 'revoke', 'remove'] as const).map((what) => {
      const change = button(labels[what], { class: 'button' }, () => {
        actions.change(this.#device, what)
      })
      return [what, change] as const
    })
    const rename = button('Rename', { class: 'button' }, () => {
      this.#toggleForm(true)
    })
    const aliases = button('Aliases', { class: 'button', 'aria-expanded': 'false' }, () => {
      this.#aliases.toggle()
    })
    this.#aliases = new AliasEditor(aliases, {
      add: (alias) => {
        actions.addAlias(this.#device, alias)
      },
      remove: (alias) => {
        actions.removeAlias(this.#device, alias)
      },
    })
    this.#buttons = [['rename', rename], ['aliases', aliases], ...asked]
    this.#group = h('div', { class: 'device-actions' }, ...this.#buttons.map(([, each]) => each))
    this.#addForm()
    this.element.append(
      h('div', { class: 'device-title' }, this.#name, this.#ids),
      h('div', { class: 'device-now' }, this.#badge, this.#state),
      this.#group,
      this.#form,
      this.#aliases.element,
    )
  }

  show(device: Device, mayChange: boolean): void {
    this.#device = device
    const { vin, name, aliases, hasToken } = device
    this.#name.href = `#/live?vin=${encodeURIComponent(vin)}`
    setText(this.#name, name)
    setText(this.#ids, [vin, ...aliases].filter((id) => id !== name).join(', '))
    this.#group.hidden = !mayChange
    this.#aliases.show(device)
    for (const [what, each] of this.#buttons) {
      each.hidden = what === 'revoke' && !hasToken
      each.setAttribute('aria-label', `${each.textContent}: ${name}`)
    }
    this.showState()
  }

  /** The state changes with each position, and with time. */
  showState(): void {
    const known = this.#session.fleet.get(this.#device.vin)
    const activity = known && this.#session.stateOf(known)
    const { word, text } = deviceStateOf(this.#device, { known, activity, now: this.#session.now })
    this.element.dataset['state'] = word
    setText(this.#badge, word)
    setText(this.#state, text)
  }

  #addForm(): void {
    this.#field.setAttribute('aria-label', 'New name')
    this.#form.append(
      this.#field,
      h('button', { type: 'submit', class: 'button' }, 'Save'),
      button('Cancel', { class: 'button' }, () => {
        this.#toggleForm(false)
      }),
    )
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.#toggleForm(false)
      const name = this.#field.value.trim()
      if (name !== this.#device.name) this.#actions.rename(this.#device, name)
    })
    this.#form.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') this.#toggleForm(false)
    })
  }

  #toggleForm(isOpen: boolean): void {
    this.#form.hidden = !isOpen
    if (isOpen) {
      this.#field.value = this.#device.name
      this.#field.select()
    } else {
      this.#buttons[0]?.[1].focus()
    }
  }
}
