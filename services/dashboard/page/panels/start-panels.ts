import type { Past } from '../state/history/past.ts'
import { Player } from '../state/history/player.ts'
import type { Session } from '../state/session.ts'
import { ShownMoment } from '../state/history/shown-moment.ts'
import { startConnection } from './connection.ts'
import { startEmptyFleet } from './empty-fleet.ts'
import { startFilters } from './filters.ts'
import { startModes } from './modes.ts'
import { startSearch } from './search.ts'
import { shortcutsOf } from './shortcut-list.ts'
import { startShortcuts } from './shortcuts.ts'
import { Transport } from './transport.ts'
import { VehicleList } from './vehicle-list.ts'
import { VehiclePanel } from './vehicle-panel.ts'

/** What the map's part of the page goes on with. */
export type Panels = { readonly panel: VehiclePanel; readonly moment: ShownMoment }

/** Everything that needs no map. */
export function startPanels(session: Session, past: Past): Panels {
  startModes(session)
  startConnection(session)
  startSearch(session, new VehicleList(session, past))
  startFilters(session)
  startEmptyFleet(session)
  const player = new Player(past, session.view.rate, (draw) => requestAnimationFrame(draw))
  const moment = new ShownMoment(session, past, player)
  const playback = { player, moment }
  new Transport(session, past, playback)
  startShortcuts(shortcutsOf(session, playback))
  return { panel: new VehiclePanel(session), moment }
}
