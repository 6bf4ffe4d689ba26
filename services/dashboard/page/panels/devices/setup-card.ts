import { arrivalOf } from '../../state/devices/arrival.ts'
import { isLoopbackOrigin } from '../../state/devices/ingress-address.ts'
import type { AppSetup, DeviceAccess, DeviceApp } from '../../state/devices/setup-links.ts'
import { deviceApps, setupOf, tryCommand } from '../../state/devices/setup-links.ts'
import type { Session } from '../../state/session.ts'
import { button, h, setText } from '../dom.ts'
import { copyButton } from './copy-button.ts'
import { qrFigure } from './qr-figure.ts'

export type ShownSetup = { readonly name: string; readonly access: DeviceAccess }

/**
 * How to set up an app for one vehicle, and whether its position has arrived. It contains the token, so it is taken
 * out of the page when the user is done.
 */
export class SetupCard {
  readonly element: HTMLElement
  readonly #session: Session
  readonly #access: DeviceAccess
  readonly #since: number
  readonly #title: HTMLElement
  readonly #choices: readonly (readonly [DeviceApp, HTMLButtonElement])[]
  readonly #setup = h('div', { class: 'device-setup' })
  readonly #arrival = h('p', { class: 'device-arrival', role: 'status' })
  readonly #age = h('span', { class: 'dim' })
  readonly #onMap: HTMLAnchorElement

  constructor(session: Session, { name, access }: ShownSetup, onDone: () => void) {
    this.#session = session
    this.#access = access
    this.#since = session.now
    this.#title = h('h2', { tabindex: -1 }, `Set up ${name}`)
    this.#choices = deviceApps.map((app) => [app, this.#choice(app)])
    const group = { class: 'device-apps', role: 'group', 'aria-label': 'App on the phone' }
    this.#onMap = h('a', { href: `#/live?vin=${encodeURIComponent(access.vin)}`, hidden: true })
    this.#onMap.append('Show it on the map')
    this.element = h(
      'section',
      { class: 'card device-card', 'aria-label': `Setup of ${name}` },
      this.#title,
      ...(access.token === undefined ? [] : [h('p', { class: 'dim' }, onceText)]),
      h('div', { class: 'device-progress' }, this.#arrival, this.#age, this.#onMap),
      ...reachWarning(access.origin),
      h('div', group, ...this.#choices.map(([, choice]) => choice)),
      this.#setup,
      button('Done', { class: 'button device-done' }, onDone),
    )
    this.#choose(deviceApps[0])
    this.showArrival()
  }

  get vin(): string {
    return this.#access.vin
  }

  focus(): void {
    this.#title.focus()
  }

  showArrival(): void {
    const { isLive, text, age } = arrivalOf(
      this.#session.fleet.get(this.#access.vin),
      this.#since,
      this.#session.now,
    )
    setText(this.#arrival, text)
    setText(this.#age, age)
    this.#arrival.toggleAttribute('data-live', isLive)
    this.#onMap.hidden = !isLive
  }

  #choice(app: DeviceApp): HTMLButtonElement {
    return button(setupOf(app, this.#access).name, { class: 'button' }, () => {
      this.#choose(app)
    })
  }

  #choose(app: DeviceApp): void {
    for (const [each, choice] of this.#choices)
      choice.setAttribute('aria-pressed', String(each === app))
    const setup = setupOf(app, this.#access)
    const command = tryCommand(setupOf('traccar', this.#access).link)
    const steps = h(
      'ol',
      { class: 'device-steps' },
      ...setup.steps.map((step) => h('li', {}, step)),
    )
    this.#setup.replaceChildren(
      qrFigure(setup.link, `QR code of the setup link for ${setup.name}`),
      h(
        'div',
        { class: 'device-texts' },
        steps,
        copied('Setup link', setup.link),
        ...opened(app, setup),
      ),
      details('Enter the settings by hand', settingsList(setup)),
      details('Try it without a phone', copied('Command', command)),
    )
  }
}

const onceText =
  'The code and the link contain the token of the device. They are shown only once: “Done” removes them from this page.'

function reachWarning(origin: string): HTMLElement[] {
  if (!isLoopbackOrigin(origin)) return []
  const text = `A phone cannot reach ${origin}, because only programs on this machine can use this address. Type another address into the form above, then make a new token or show the setup again.`
  return [h('p', { class: 'device-warning' }, text)]
}

/** A text that can be copied. */
function copied(name: string, text: string): HTMLElement {
  const code = h('code', { tabindex: 0, 'aria-label': name }, text)
  return h('p', { class: 'device-copied' }, code, copyButton(code, name.toLowerCase()))
}

/** For the page on the phone itself. The link of Traccar Client would open in the browser. */
function opened(app: DeviceApp, { name, link }: AppSetup): HTMLElement[] {
  if (app === 'traccar') return []
  const text = `Open the link in ${name}`
  return [h('p', {}, h('a', { href: link, rel: 'noreferrer' }, text), ' (on the phone)')]
}

function settingsList({ settings }: AppSetup): HTMLElement {
  const rows = settings.map(([name, value]) =>
    h('div', {}, h('dt', {}, name), h('dd', {}, copied(name, value))),
  )
  return h('dl', { class: 'device-settings' }, ...rows)
}

function details(summary: string, content: HTMLElement): HTMLElement {
  return h('details', {}, h('summary', {}, summary), content)
}
