import type { Session } from '../state/session.ts'
import { byId, h, setText } from './dom.ts'

/** Shows the attribution of the configured base map, and a notice when its tiles fail to load. */
export function startBaseMapNotice(session: Session): void {
  const { attribution } = session.settings.map
  if (attribution !== undefined) {
    byId('map', HTMLElement).after(h('p', { class: 'map-credit' }, attribution))
  }
  const notice = h('p', { class: 'map-notice card', role: 'status', hidden: true })
  byId('tools', HTMLElement).append(notice)
  session.on('baseMapProblem', (problem) => {
    notice.hidden = problem === undefined
    if (problem !== undefined) setText(notice, `${problem} The built-in map is shown instead.`)
  })
}
