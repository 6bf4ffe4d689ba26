import { parseOrigin } from '../../state/devices/ingress-address.ts'
import type { DeviceAccess } from '../../state/devices/setup-links.ts'
import type { Settings } from '../../../api/settings.ts'
import { h, setText } from '../dom.ts'

/** The pattern of a vin, and of a token as `TOKEN_FILE` can have it. */
const vinPattern = '[A-Za-z0-9\\-]{1,32}'
const tokenPattern = '[\\x21-\\x7e]+'

/** Asks for the vehicle and the address with which a phone reports. */
export class ConnectForm {
  readonly element = h('form', { class: 'card device-form' })
  readonly #vin = h('input', {
    ...{ id: 'device-vin', required: true, pattern: vinPattern, autocomplete: 'off' },
    ...{ spellcheck: 'false', 'aria-describedby': 'device-vin-hint' },
  })
  readonly #address = h('input', {
    ...{ id: 'device-address', required: true, autocomplete: 'off', spellcheck: 'false' },
    ...{ list: 'device-addresses', inputmode: 'url', 'aria-describedby': 'device-address-hint' },
  })
  readonly #token = h('input', {
    ...{ id: 'device-token', type: 'password', pattern: tokenPattern },
    ...{ autocomplete: 'off', 'aria-describedby': 'device-token-hint' },
  })
  readonly #fault = h('p', { class: 'fault', role: 'alert' })

  constructor({ ingress }: Pick<Settings, 'ingress'>, onConnect: (access: DeviceAccess) => void) {
    this.#token.required = ingress.needsToken
    this.#address.value = ingress.origins[0] ?? ''
    const options = ingress.origins.map((origin) => h('option', { value: origin }))
    this.element.append(
      field(this.#vin, 'Vehicle', 'Letters A–Z, digits and hyphens, for example VAN-12.'),
      field(
        this.#address,
        'Address',
        'The phone must reach it: this machine, and the port of the ingress.',
      ),
      h('datalist', { id: 'device-addresses' }, ...options),
      field(this.#token, 'Token', tokenHint(ingress)),
      this.#fault,
      h('button', { type: 'submit', class: 'button' }, 'Show the setup'),
    )
    this.element.addEventListener('submit', (event) => {
      event.preventDefault()
      const origin = parseOrigin(this.#address.value)
      setText(this.#fault, origin === undefined ? notAnAddress : '')
      if (origin === undefined) {
        this.#address.focus()
        return
      }
      const token = this.#token.value === '' ? undefined : this.#token.value
      this.#token.value = ''
      onConnect({ origin, vin: this.#vin.value, token })
    })
  }

  focus(): void {
    this.#vin.focus()
  }
}

const tokenHint = ({ needsToken }: Settings['ingress']): string =>
  needsToken
    ? 'The line in the file of the setting ingress.tokenFile.'
    : 'Empty: none is needed (ingress.tokenFile).'

const notAnAddress = 'This is not an address. Type it like http://192.168.1.20:5001.'

function field(input: HTMLInputElement, label: string, hint: string): HTMLElement {
  return h(
    'div',
    { class: 'device-field' },
    h('label', { for: input.id }, label),
    input,
    h('span', { class: 'dim', id: `${input.id}-hint` }, hint),
  )
}
