import type { Session } from '../state/session.ts'
import { byId, h, setText } from './dom.ts'

/** Says why the base map of the configuration is not there. */
export function startBaseMapNotice(session: Session): void {
  const notice = h('p', { class: 'map-notice card', role: 'status', hidden: true })
  byId('tools', HTMLElement).append(notice)
  session.on('baseMap', (fault) => {
    notice.hidden = fault === undefined
    if (fault !== undefined) setText(notice, `${fault} The map goes on with its own outlines.`)
  })
}
