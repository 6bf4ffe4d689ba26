import type { Settings } from '../../../api/settings.ts'
import { h, setText } from '../dom.ts'
import { AddressField, field } from './address-field.ts'

export type NewDevice = {
  readonly name: string
  /** Undefined: it is made from the name. */
  readonly vin: string | undefined
  /** The address of the ingress for the phone. */
  readonly origin: string
}

/** Asks for the name of a device, and for the address at which it reaches the ingress. */
export class AddForm {
  readonly element = h('form', { class: 'card device-form' })
  readonly address: AddressField
  /** Returns why the device was not added. */
  readonly #onAdd: (device: NewDevice) => Promise<string | undefined>
  readonly #name = h('input', {
    ...{ id: 'device-name', required: true, maxlength: 128, autocomplete: 'off' },
    ...{ spellcheck: 'false', 'aria-describedby': 'device-name-hint' },
  })
  readonly #vin = h('input', {
    ...{ id: 'device-vin', pattern: '[A-Za-z0-9\\-]{1,32}', autocomplete: 'off' },
    ...{ spellcheck: 'false', 'aria-describedby': 'device-vin-hint' },
  })
  #isBusy = false

  constructor(
    settings: Pick<Settings, 'ingress'>,
    onAdd: (device: NewDevice) => Promise<string | undefined>,
  ) {
    this.#onAdd = onAdd
    this.address = new AddressField(settings)
    this.element.append(
      field(this.#name, 'Name', 'Shown in all lists and on the map, for example Van 12.'),
      field(
        this.#vin,
        'Vehicle id (optional)',
        'Letters A–Z and a–z, digits and hyphens. If you leave it empty, it is made from the name.',
      ),
      ...this.address.elements,
      this.address.fault,
      h('button', { type: 'submit', class: 'button' }, 'Add the device'),
    )
    this.element.addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#submit()
    })
  }

  focus(): void {
    this.#name.focus()
  }

  async #submit(): Promise<void> {
    const origin = this.address.read()
    if (origin === undefined || this.#isBusy) return
    this.#isBusy = true
    const vin = this.#vin.value === '' ? undefined : this.#vin.value
    try {
      const fault = await this.#onAdd({ name: this.#name.value.trim(), vin, origin })
      setText(this.address.fault, fault ?? '')
      if (fault !== undefined) return
      this.#name.value = ''
      this.#vin.value = ''
    } finally {
      this.#isBusy = false
    }
  }
}
