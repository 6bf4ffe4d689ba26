import type { TrackHistory } from '../state/history/track-history.ts'
import { Player } from '../state/history/player.ts'
import type { Session } from '../state/session.ts'
import { Playhead } from '../state/history/playhead.ts'
import { startConnection } from './connection.ts'
import { startEmptyFleet } from './empty-fleet.ts'
import { startFilters } from './filters.ts'
import { startNavigation } from './modes.ts'
import { startSearch } from './search.ts'
import { shortcutsOf } from './shortcut-list.ts'
import { startShortcuts } from './shortcuts.ts'
import { PlaybackBar } from './playback-bar.ts'
import { VehicleList } from './vehicle-list.ts'
import { VehiclePanel } from './vehicle-panel.ts'

/** The parts that the map needs. */
export type Panels = { readonly vehiclePanel: VehiclePanel; readonly playhead: Playhead }

/** Starts all parts of the page that do not need the map. */
export function startPanels(session: Session, trackHistory: TrackHistory): Panels {
  startNavigation(session)
  startConnection(session)
  startSearch(session, new VehicleList(session, trackHistory))
  startFilters(session)
  startEmptyFleet(session)
  const player = new Player(trackHistory, session.view.rate, (draw) => requestAnimationFrame(draw))
  const playhead = new Playhead(session, trackHistory, player)
  const playback = { player, playhead }
  new PlaybackBar(session, trackHistory, playback)
  startShortcuts(shortcutsOf(session, playback))
  return { vehiclePanel: new VehiclePanel(session), playhead }
}
