import type { Settings } from '../../../api/settings.ts'
import type { DeviceAccess } from '../../state/devices/setup-links.ts'
import { h } from '../dom.ts'
import { AddressField, field } from './address-field.ts'

/** The pattern of a vin, and of a token as `TOKEN_FILE` can have it. */
const vinPattern = '[A-Za-z0-9\\-]{1,32}'
const tokenPattern = '[\\x21-\\x7e]+'

/** Asks for a vehicle and its token, for a page that adds no devices. */
export class ConnectForm {
  readonly element = h('form', { class: 'card device-form' })
  readonly #address: AddressField
  readonly #vin = h('input', {
    ...{ id: 'device-vin', required: true, pattern: vinPattern, autocomplete: 'off' },
    ...{ spellcheck: 'false', 'aria-describedby': 'device-vin-hint' },
  })
  readonly #token = h('input', {
    ...{ id: 'device-token', type: 'password', pattern: tokenPattern },
    ...{ autocomplete: 'off', 'aria-describedby': 'device-token-hint' },
  })

  constructor(settings: Pick<Settings, 'ingress'>, onConnect: (access: DeviceAccess) => void) {
    this.#token.required = settings.ingress.needsToken
    this.#address = new AddressField(settings)
    this.element.append(
      field(
        this.#vin,
        'Vehicle id',
        'Letters A–Z and a–z, digits and hyphens, for example VAN-12.',
      ),
      ...this.#address.elements,
      field(this.#token, 'Token', tokenHint(settings.ingress)),
      this.#address.fault,
      h('button', { type: 'submit', class: 'button' }, 'Show the setup'),
    )
    this.element.addEventListener('submit', (event) => {
      event.preventDefault()
      const origin = this.#address.read()
      if (origin === undefined) return
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
    ? 'The token of the device. The command above prints it.'
    : 'The token of the device. The command above prints it. Leave the field empty only if the platform accepts vehicles without a device (devices.unknown).'
