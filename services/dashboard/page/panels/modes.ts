import type { Session } from '../state/session.ts'
import { modes } from '../state/view.ts'
import { byId } from './dom.ts'

/** The views that cover the map. Each has an element with its name. */
const pages = ['health', 'work', 'reports', 'devices'] as const

/** Switches between the views. */
export function startNavigation(session: Session): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>('.modes a')]
  for (const link of links) {
    link.addEventListener('click', (event) => {
      const mode = modes.find((one) => one === link.dataset['mode'])
      if (!mode || event.ctrlKey || event.metaKey || event.shiftKey) return
      event.preventDefault()
      session.updateView({ mode })
    })
  }
  const show = (): void => {
    const { mode, vin } = session.view
    const stage = byId('stage', HTMLElement)
    stage.dataset['mode'] = mode
    stage.toggleAttribute('data-vehicle', vin !== undefined)
    for (const link of links) {
      if (link.dataset['mode'] === mode) link.setAttribute('aria-current', 'page')
      else link.removeAttribute('aria-current')
    }
    for (const page of pages) byId(page, HTMLElement).hidden = mode !== page
  }
  session.on('view', show)
  show()
}
