import type { DeviceWithToken } from '../../../api/devices.ts'
import { ApiError, postForJson } from '../../api.ts'
import { readOnlyText, tokenHint } from '../../state/devices/device-texts.ts'
import { deviceFor } from '../../state/devices/waiting-texts.ts'
import { reachNotice } from '../../state/devices/ingress-address.ts'
import type { Session } from '../../state/session.ts'
import { byId, h, setText } from '../dom.ts'
import { withCode } from '../pipeline-row.ts'
import type { NewDevice } from './add-form.ts'
import { AddForm } from './add-form.ts'
import { ConnectForm } from './connect-form.ts'
import { DeviceList } from './device-list.ts'
import type { ShownSetup } from './setup-card.ts'
import { SetupCard } from './setup-card.ts'
import { WaitingList } from './waiting-list.ts'

/** From an answer to the next request. A long list is loaded less often. */
const intervalMs = 2_000
const longListIntervalMs = 30_000
const longListSize = 1_000

/** Connects phones and trackers: adds devices, shows how to set them up, and changes them. */
export class DevicesPanel {
  readonly #session: Session
  readonly #list: DeviceList
  readonly #waiting: WaitingList
  readonly #fault = h('p', { class: 'fault', role: 'alert' })
  readonly #formPlace = h('div', { class: 'device-place' })
  readonly #cardPlace = h('div', { class: 'device-place' })
  #form: AddForm | ConnectForm | undefined
  #mayChange: boolean | undefined
  #card: SetupCard | undefined
  #timer: number | undefined

  constructor(session: Session) {
    this.#session = session
    this.#list = new DeviceList(session, {
      originForToken: () => (this.#form instanceof AddForm ? this.#form.address.read() : undefined),
      onToken: (device, origin) => {
        this.#showToken(device, origin)
      },
      onTokenRefused: ({ vin }) => {
        if (this.#card?.vin === vin) this.#closeCard()
      },
    })
    this.#waiting = new WaitingList(session, (id) => void this.#admit(id))
    byId('devices', HTMLElement).append(h('div', { class: 'devices-content' }, ...this.#content()))
    for (const event of ['vehicles', 'gone', 'tick'] as const) {
      session.on(event, () => {
        if (session.view.mode !== 'devices') return
        this.#card?.showArrival()
        this.#list.showStates()
      })
    }
    session.on('view', ({ view, last }) => {
      if (view.mode !== last.mode) this.#open()
    })
    this.#open()
  }

  #content(): HTMLElement[] {
    const { settings } = this.#session
    const notice = reachNotice(settings)
    return [
      h('h2', {}, 'Connect a vehicle'),
      h('p', { class: 'dim' }, ...withCode(`${introduction} ${tokenHint(settings)}`)),
      ...(notice === undefined ? [] : [noticeCard(notice)]),
      ...[this.#fault, this.#formPlace, this.#cardPlace],
      ...[this.#waiting.element, this.#list.element],
    ]
  }

  #open(): void {
    clearTimeout(this.#timer)
    if (this.#session.view.mode !== 'devices') return
    void this.#load().finally(() => {
      clearTimeout(this.#timer)
      const isLong = this.#list.size > longListSize
      this.#timer = setTimeout(
        () => {
          this.#open()
        },
        isLong ? longListIntervalMs : intervalMs,
      )
    })
  }

  async #load(): Promise<void> {
    try {
      const { mayChange, waiting } = await this.#list.load()
      this.#showForm(mayChange)
      this.#waiting.show(waiting, mayChange)
      setText(this.#fault, '')
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      setText(this.#fault, error.message)
    }
  }

  /** What is typed stays: the form is made again only if the dashboard was started with other settings. */
  #showForm(mayChange: boolean): void {
    if (mayChange === this.#mayChange) return
    this.#mayChange = mayChange
    const { settings } = this.#session
    this.#form = mayChange
      ? new AddForm(settings, (device) => this.#add(device))
      : new ConnectForm(settings, (access) => {
          this.#showSetup({ name: access.vin, access })
        })
    const notices = mayChange ? [] : [noticeCard(readOnlyText)]
    this.#formPlace.replaceChildren(...notices, this.#form.element)
  }

  #add({ name, vin, origin }: NewDevice): Promise<string | undefined> {
    return this.#post({ name, ...(vin !== undefined && { vin }) }, origin)
  }

  /** Makes a device of a vehicle that wants to join. */
  async #admit(id: string): Promise<void> {
    const origin = this.#form instanceof AddForm ? this.#form.address.read() : undefined
    if (origin === undefined) return
    const fault = await this.#post(deviceFor(id), origin)
    setText(this.#fault, fault ?? '')
    if (fault === undefined) await this.#load()
  }

  async #post(body: object, origin: string): Promise<string | undefined> {
    try {
      this.#showToken(await postForJson<DeviceWithToken>('/api/devices', body), origin)
      return undefined
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return error.message
    } finally {
      // Without a response the device may have been added.
      this.#list.reload()
    }
  }

  #showToken({ name, vin, token }: DeviceWithToken, origin: string): void {
    this.#showSetup({ name, access: { origin, vin, token } })
  }

  #showSetup(setup: ShownSetup): void {
    this.#card = new SetupCard(this.#session, setup, () => {
      this.#closeCard()
      this.#form?.focus()
    })
    this.#cardPlace.replaceChildren(this.#card.element)
    this.#card.focus()
  }

  #closeCard(): void {
    this.#card = undefined
    this.#cardPlace.replaceChildren()
  }
}

function noticeCard(text: string): HTMLElement {
  return h('p', { class: 'card device-notice' }, ...withCode(text))
}

const introduction =
  'A phone can report its position with Traccar Client, OwnTracks or Overland. For other apps, trackers and programs see `docs/devices.md`.'
