import type { Device } from '../../../api/devices.ts'
import { button, h } from '../dom.ts'

type AliasActions = {
  readonly add: (alias: string) => void
  readonly remove: (alias: string) => void
}

/** The aliases of a device, each with a button that removes it, and a field for a new one. */
export class AliasEditor {
  readonly element = h('div', { class: 'device-aliases', hidden: true })
  readonly #button: HTMLButtonElement
  readonly #actions: AliasActions
  readonly #list = h('ul', { class: 'plain device-alias-list' })
  readonly #hint = h('p', { class: 'dim' })
  readonly #field = h('input', {
    ...{ required: true, maxlength: 64, autocomplete: 'off', spellcheck: 'false' },
    ...{ 'aria-label': 'New alias', placeholder: 'For example 73829102' },
  })
  /** The aliases that are shown, so that buttons stay the same elements. */
  #shown = ''

  /** @param opener the button that opens and closes it */
  constructor(opener: HTMLButtonElement, actions: AliasActions) {
    this.#button = opener
    this.#actions = actions
    const add = h('button', { type: 'submit', class: 'button' }, 'Add alias')
    const close = button('Close', { class: 'button' }, () => {
      this.toggle()
    })
    const form = h('form', { class: 'device-rename' }, this.#field, add, close)
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      const alias = this.#field.value.trim()
      this.#field.value = ''
      if (alias !== '') actions.add(alias)
    })
    this.element.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return
      // Elsewhere, Escape closes the panel of the vehicle.
      event.stopPropagation()
      this.toggle()
    })
    this.element.append(this.#hint, this.#list, form)
  }

  show({ vin, name, aliases }: Device): void {
    const shown = JSON.stringify([vin, name, ...aliases])
    if (shown === this.#shown) return
    this.#shown = shown
    this.#hint.textContent = `Other ids that the app sends. Readings with one of them are stored under ${vin}.`
    this.#field.setAttribute('aria-label', `New alias of ${name}`)
    this.#list.hidden = aliases.length === 0
    this.#list.replaceChildren(...aliases.map((alias) => this.#item(alias)))
  }

  toggle(): void {
    const isOpen = this.element.hidden
    this.element.hidden = !isOpen
    this.#button.setAttribute('aria-expanded', String(isOpen))
    if (isOpen) this.#field.focus()
    else this.#button.focus()
  }

  #item(alias: string): HTMLElement {
    const remove = button('×', { class: 'quiet-button', 'aria-label': `Remove ${alias}` }, () => {
      this.#actions.remove(alias)
      this.#field.focus()
    })
    return h('li', { class: 'device-alias' }, h('code', {}, alias), remove)
  }
}
