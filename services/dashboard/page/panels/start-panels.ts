import type { Past } from '../state/past.ts'
import type { Session } from '../state/session.ts'
import { startConnection } from './connection.ts'
import { startEmptyFleet } from './empty-fleet.ts'
import { startFilters } from './filters.ts'
import { startModes } from './modes.ts'
import { startSearch } from './search.ts'
import { VehicleList } from './vehicle-list.ts'

/** Everything that needs no map. */
export function startPanels(session: Session, past: Past): void {
  startModes(session)
  startConnection(session)
  startSearch(session)
  startFilters(session)
  startEmptyFleet(session)
  new VehicleList(session, past)
}
