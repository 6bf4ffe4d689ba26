import type { Session } from '../state/session.ts'
import { byId } from './dom.ts'
import type { Shortcut } from './shortcuts.ts'
import type { Playback } from './playback-bar.ts'

/** The keyboard shortcuts. */
export function shortcutsOf(session: Session, { player, playhead }: Playback): Shortcut[] {
  const key = (name: string, description: string, run: () => void): Shortcut => ({
    key: name,
    description,
    run,
  })
  /** Playback exists only in the history. */
  const inHistory = (run: () => void) => () => {
    if (session.view.mode === 'history') run()
  }
  return [
    key('/', 'Search', () => byId('search', HTMLInputElement).focus()),
    key('1', 'Live map', () => session.updateView({ mode: 'live' })),
    key('2', 'History', () => session.updateView({ mode: 'history' })),
    key('3', 'Health', () => session.updateView({ mode: 'health' })),
    key('4', 'Work: the declared pipelines', () => session.updateView({ mode: 'work' })),
    key('5', 'Reports', () => session.updateView({ mode: 'reports' })),
    key('6', 'Devices: phones and trackers', () => session.updateView({ mode: 'devices' })),
    key('a', 'Show all vehicles on the map', () => session.emit('mapCommand', 'showAll')),
    key('f', 'Follow the selected vehicle, or stop following', () => toggleFollowing(session)),
    { ...key('Escape', 'Close the vehicle panel', () => session.select(undefined)), label: 'Esc' },
    {
      ...key(
        ' ',
        'Play or pause the history',
        inHistory(() => player.toggle()),
      ),
      label: 'Space',
    },
    key(
      ',',
      'History: back 10 seconds',
      inHistory(() => playhead.step(-10)),
    ),
    key(
      '.',
      'History: forward 10 seconds',
      inHistory(() => playhead.step(10)),
    ),
  ]
}

function toggleFollowing(session: Session): void {
  const { vin, isFollowing } = session.view
  if (vin !== undefined) session.updateView({ isFollowing: !isFollowing })
}
