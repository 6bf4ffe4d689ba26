import { reachNotice } from '../../state/devices/ingress-address.ts'
import type { DeviceAccess } from '../../state/devices/setup-links.ts'
import type { Session } from '../../state/session.ts'
import { byId, h } from '../dom.ts'
import { withCode } from '../pipeline-row.ts'
import { ConnectForm } from './connect-form.ts'
import { SetupCard } from './setup-card.ts'

/** Connects phones and trackers. */
export class DevicesPanel {
  readonly #session: Session
  readonly #form: ConnectForm
  readonly #place = h('div', { class: 'device-place' })
  #card: SetupCard | undefined

  constructor(session: Session) {
    this.#session = session
    this.#form = new ConnectForm(session.settings, (access) => {
      this.#show(access)
    })
    const notice = reachNotice(session.settings)
    byId('devices', HTMLElement).append(
      h(
        'div',
        { class: 'devices-content' },
        h('h2', {}, 'Connect a vehicle'),
        h('p', { class: 'dim' }, ...withCode(introduction)),
        ...(notice === undefined
          ? []
          : [h('p', { class: 'card device-notice' }, ...withCode(notice))]),
        this.#form.element,
        this.#place,
      ),
    )
    for (const event of ['vehicles', 'gone', 'tick'] as const) {
      session.on(event, () => this.#card?.showArrival())
    }
  }

  #show(access: DeviceAccess): void {
    this.#card = new SetupCard(this.#session, access, () => {
      this.#card = undefined
      this.#place.replaceChildren()
      this.#form.focus()
    })
    this.#place.replaceChildren(this.#card.element)
    this.#card.focus()
  }
}

const introduction =
  'A phone with one of these apps reports its position. Trackers report through a Traccar server, and other programs over HTTP: `docs/devices.md`.'
