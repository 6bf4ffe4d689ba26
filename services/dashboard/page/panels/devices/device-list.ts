import type { Device, Devices, DeviceWithToken } from '../../../api/devices.ts'
import { ApiError, devicePath, getJson, postForJson } from '../../api.ts'
import type { ConfirmedChange } from '../../state/devices/device-texts.ts'
import { changeTexts } from '../../state/devices/device-texts.ts'
import { selectDevices } from '../../state/devices/select-devices.ts'
import type { Session } from '../../state/session.ts'
import { h, setText } from '../dom.ts'
import { withCode } from '../pipeline-row.ts'
import { confirmChange } from './confirm-dialog.ts'
import { DeviceRow } from './device-row.ts'

export type TokenEvents = {
  /** The address for the setup with a new token. If there is none, the user is told what is missing. */
  readonly originForToken: () => string | undefined
  /** Shows a new token, once. */
  readonly onToken: (device: DeviceWithToken, origin: string) => void
  /** The token of this device is no longer valid. */
  readonly onTokenRefused: (device: Device) => void
}

/** The devices of the registry, one row each, and what a user can change. */
export class DeviceList {
  readonly element = h('section', { class: 'device-section' }, h('h2', {}, 'Devices'))
  readonly #session: Session
  readonly #events: TokenEvents
  readonly #rows = new Map<string, DeviceRow>()
  readonly #search = h('input', {
    ...{ type: 'search', class: 'device-search', placeholder: 'Name, vehicle id or alias' },
    ...{ 'aria-label': 'Find a device', hidden: true },
  })
  readonly #list = h('ul', { class: 'plain card device-list', hidden: true })
  readonly #remark = h('p', { class: 'dim' })
  readonly #outcome = h('p', { class: 'outcome', role: 'status' })
  #answer: Devices = { devices: [], waiting: [], mayChange: false }
  /** Counts changes: an answer to a request that was sent before a change is out of date. */
  #version = 0

  constructor(session: Session, events: TokenEvents) {
    this.#session = session
    this.#events = events
    this.#search.addEventListener('input', () => {
      this.#show()
    })
    this.element.append(this.#outcome, this.#search, this.#list, this.#remark)
  }

  get size(): number {
    return this.#answer.devices.length
  }

  /** @throws ApiError */
  async load(): Promise<Devices> {
    const version = this.#version
    const answer = await getJson<Devices>('/api/devices')
    if (version === this.#version) {
      this.#answer = answer
      this.#show()
    }
    return answer
  }

  /** After a change: what is being loaded is out of date. */
  reload(): void {
    this.#version += 1
    this.load().catch((error: unknown) => {
      // The next load reports it.
      if (!(error instanceof ApiError)) throw error
    })
  }

  showStates(): void {
    for (const row of this.#rows.values()) row.showState()
  }

  #show(): void {
    const { devices, mayChange } = this.#answer
    const { shown, remark } = selectDevices(devices, this.#search.value)
    this.#search.hidden = devices.length < 8
    this.#list.hidden = shown.length === 0
    if (this.#remark.textContent !== remark.replaceAll('`', ''))
      this.#remark.replaceChildren(...withCode(remark))
    const vins = new Set(shown.map(({ vin }) => vin))
    for (const [vin, row] of this.#rows) {
      if (vins.has(vin)) continue
      row.element.remove()
      this.#rows.delete(vin)
    }
    for (const [index, device] of shown.entries()) {
      const row = this.#rows.get(device.vin) ?? this.#addRow(device, index)
      row.show(device, mayChange)
    }
  }

  #addRow(device: Device, index: number): DeviceRow {
    const row = new DeviceRow(this.#session, device, {
      change: (of, what) => void this.#confirm(of, what),
      rename: (of, name) =>
        void this.#send(`The name is ${name}.`, () =>
          postForJson<Device>(`${devicePath(of.vin)}/rename`, { name }),
        ),
      addAlias: (of, alias) =>
        void this.#send(`The alias ${alias} is added.`, () =>
          postForJson<Device>(`${devicePath(of.vin)}/add-alias`, { alias }),
        ),
      removeAlias: (of, alias) =>
        void this.#send(`The alias ${alias} is removed.`, () =>
          postForJson<Device>(`${devicePath(of.vin)}/remove-alias`, { alias }),
        ),
    })
    this.#rows.set(device.vin, row)
    this.#list.insertBefore(row.element, this.#list.children[index] ?? null)
    return row
  }

  async #confirm({ vin, name }: Device, what: ConfirmedChange): Promise<void> {
    const origin = this.#events.originForToken()
    if (what === 'rotate' && origin === undefined) return
    const texts = changeTexts[what]
    if (!(await confirmChange(texts.question(name)))) return
    await this.#send(texts.done(name), async () => {
      const device = await postForJson<Device | DeviceWithToken>(`${devicePath(vin)}/${what}`)
      if ('token' in device) this.#events.onToken(device, origin ?? '')
      else this.#events.onTokenRefused(device)
    })
  }

  async #send(text: string, change: () => Promise<unknown>): Promise<void> {
    this.#version += 1
    try {
      await change()
      this.#showOutcome(text, false)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      this.#showOutcome(error.message, true)
    } finally {
      this.reload()
    }
  }

  #showOutcome(text: string, isFault: boolean): void {
    this.#outcome.classList.toggle('fault', isFault)
    setText(this.#outcome, text)
  }
}
