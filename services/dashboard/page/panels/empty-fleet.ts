import type { Session } from '../state/session.ts'
import { byId, h } from './dom.ts'

/** Explains how to start vehicles while the fleet is empty. */
export function startEmptyFleet(session: Session): void {
  const card = byId('empty', HTMLElement)
  const command = 'npm run fleet -- --num-vehicles 10'
  card.append(
    h('h2', {}, 'No vehicle has reported yet'),
    h(
      'p',
      {},
      'Start simulated vehicles on this machine or another. They appear here within a second:',
    ),
    h('p', { class: 'command' }, h('code', {}, command)),
    h('p', {}, h('a', { href: '#/devices' }, 'Connect a phone or a tracker')),
    h(
      'p',
      { class: 'dim' },
      'Or send readings of your own vehicles to ',
      h('code', {}, session.settings.eventsUrl),
      '.',
    ),
  )
  const show = (): void => {
    const isConnected = session.connection.kind === 'live'
    card.hidden = !isConnected || session.fleet.size > 0 || session.view.mode !== 'live'
  }
  for (const name of ['connection', 'vehicles', 'gone', 'view'] as const) session.on(name, show)
}
