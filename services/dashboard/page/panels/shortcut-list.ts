import type { Session } from '../state/session.ts'
import { byId } from './dom.ts'
import type { Shortcut } from './shortcuts.ts'
import type { Playback } from './transport.ts'

/** What single keys do. */
export function shortcutsOf(session: Session, { player, moment }: Playback): Shortcut[] {
  const key = (name: string, does: string, run: () => void): Shortcut => ({ key: name, does, run })
  /** What plays is seen in the history only. */
  const playing = (run: () => void) => () => {
    if (session.view.mode === 'history') run()
  }
  return [
    key('/', 'Search', () => byId('search', HTMLInputElement).focus()),
    key('1', 'Live map', () => session.look({ mode: 'live' })),
    key('2', 'History', () => session.look({ mode: 'history' })),
    key('3', 'Health', () => session.look({ mode: 'health' })),
    key('a', 'Fit all vehicles into the map', () => session.emit('wish', 'fit')),
    key('f', 'Follow the vehicle, or stop following', () => toggleFollowing(session)),
    { ...key('Escape', 'Close the vehicle', () => session.select(undefined)), label: 'Esc' },
    {
      ...key(
        ' ',
        'Play or pause the history',
        playing(() => player.toggle()),
      ),
      label: 'Space',
    },
    key(
      ',',
      'History: ten seconds back',
      playing(() => moment.step(-10)),
    ),
    key(
      '.',
      'History: ten seconds on',
      playing(() => moment.step(10)),
    ),
  ]
}

function toggleFollowing(session: Session): void {
  const { vin, isFollowing } = session.view
  if (vin !== undefined) session.look({ isFollowing: !isFollowing })
}
