import type { Settings } from '../../../api/settings.ts'
import { parseOrigin } from '../../state/devices/ingress-address.ts'
import { h, setText } from '../dom.ts'

/** Asks for the address at which a phone reaches the ingress. */
export class AddressField {
  readonly elements: readonly HTMLElement[]
  /** Says what is wrong in a form. */
  readonly fault = h('p', { class: 'fault', role: 'alert' })
  readonly #input = h('input', {
    ...{ id: 'device-address', required: true, autocomplete: 'off', spellcheck: 'false' },
    ...{ list: 'device-addresses', inputmode: 'url', 'aria-describedby': 'device-address-hint' },
  })

  constructor({ ingress }: Pick<Settings, 'ingress'>) {
    this.#input.value = ingress.origins[0] ?? ''
    const options = ingress.origins.map((origin) => h('option', { value: origin }))
    const hint = 'The phone must reach this address, for example in the same Wi-Fi as this machine.'
    this.elements = [
      field(this.#input, 'Address', hint),
      h('datalist', { id: 'device-addresses' }, ...options),
    ]
  }

  /** The origin that was typed. If it is none, the field says so and gets the focus. */
  read(): string | undefined {
    const origin = parseOrigin(this.#input.value)
    setText(this.fault, origin === undefined ? notAnAddress : '')
    if (origin === undefined) this.#input.focus()
    return origin
  }
}

const notAnAddress = 'This is not an address. Type it like http://192.168.1.20:5001.'

/** A field with its label and what to type into it. */
export function field(input: HTMLInputElement, label: string, hint: string): HTMLElement {
  return h(
    'div',
    { class: 'device-field' },
    h('label', { for: input.id }, label),
    input,
    h('span', { class: 'dim', id: `${input.id}-hint` }, hint),
  )
}
