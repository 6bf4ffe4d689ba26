import type { Session } from '../state/session.ts'
import { byId, h, setText } from './dom.ts'

/** Says whose the base map of the configuration is, and why it is not there. */
export function startBaseMapNotice(session: Session): void {
  const { attribution } = session.settings.map
  if (attribution !== undefined) {
    byId('map', HTMLElement).after(h('p', { class: 'map-credit' }, attribution))
  }
  const notice = h('p', { class: 'map-notice card', role: 'status', hidden: true })
  byId('tools', HTMLElement).append(notice)
  session.on('baseMapProblem', (problem) => {
    notice.hidden = problem === undefined
    if (problem !== undefined) setText(notice, `${problem} The map goes on with its own outlines.`)
  })
}
