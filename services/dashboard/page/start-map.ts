import { FleetMap } from './map/fleet-map.ts'
import { Chart } from './panels/chart.ts'
import { startMapTools } from './panels/map-tools.ts'
import { byId } from './panels/dom.ts'
import type { Shortcut } from './panels/shortcuts.ts'
import { startShortcuts } from './panels/shortcuts.ts'
import { VehiclePanel } from './panels/vehicle-panel.ts'
import { RecentDrive } from './recent-drive.ts'
import { formatCount } from './state/format.ts'
import { Past } from './state/past.ts'
import type { Session } from './state/session.ts'
import { startUrl } from './url.ts'

/** The map, and everything that looks at it. */
export function startMap(session: Session): void {
  const past = new Past(() => Promise.resolve({ tracks: [], isWhole: true }))
  const fleetMap = new FleetMap(session, past, byId('map', HTMLElement))
  fleetMap.live.take([...session.fleet.values()], performance.now())
  const panel = new VehiclePanel(session, () => {
    if (session.view.vin !== undefined) fleetMap.show(session.view.vin)
  })
  const chart = new Chart(panel.chart, {
    lines: [{ label: 'Speed', colour: ({ accent }) => accent, isFilled: true }],
    height: 120,
    format: formatCount,
  })
  new RecentDrive(session, fleetMap, chart)
  startMapTools(session, fleetMap)
  startShortcuts(shortcutsOf(session, fleetMap))
  startUrl(session, () => {
    const { camera } = session.view
    if (camera) fleetMap.map.jumpTo({ center: [camera.longitude, camera.latitude], zoom: camera.zoom })
  })
  fitOnce(session, fleetMap)
}

/** The first look is at the fleet, unless the URL says where to look. */
function fitOnce(session: Session, fleetMap: FleetMap): void {
  let isDone = session.view.camera !== undefined
  const fit = (): void => {
    if (isDone || session.connection.kind !== 'live' || session.fleet.size === 0) return
    isDone = true
    fleetMap.fit(false)
  }
  session.on('connection', fit)
  session.on('vehicles', fit)
  fit()
}

function shortcutsOf(session: Session, fleetMap: FleetMap): Shortcut[] {
  return [
    { key: '/', does: 'Search', run: () => byId('search', HTMLInputElement).focus() },
    { key: '1', does: 'Live map', run: () => session.look({ mode: 'live' }) },
    { key: '2', does: 'History', run: () => session.look({ mode: 'history' }) },
    { key: '3', does: 'Health', run: () => session.look({ mode: 'health' }) },
    { key: 'a', does: 'Fit all vehicles into the map', run: () => fleetMap.fit() },
    { key: 'f', does: 'Follow the vehicle, or stop following', run: () => toggleFollowing(session) },
    { key: 'Escape', label: 'Esc', does: 'Close the vehicle', run: () => session.select(undefined) },
  ]
}

function toggleFollowing(session: Session): void {
  const { vin, isFollowing } = session.view
  if (vin !== undefined) session.look({ isFollowing: !isFollowing })
}
