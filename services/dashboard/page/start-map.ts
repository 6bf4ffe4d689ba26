import { fetchTrips, keepAsking } from './history.ts'
import { setFeatures } from './map/base/base-map.ts'
import { FleetMap } from './map/fleet-map.ts'
import { startBaseMapNotice } from './panels/base-map-notice.ts'
import { Chart } from './panels/chart.ts'
import { startMapTools } from './panels/map-tools.ts'
import { byId } from './panels/dom.ts'
import { PastPanel } from './panels/past-panel.ts'
import type { Panels } from './panels/start-panels.ts'
import type { ShowDrive } from './recent-drive.ts'
import { RecentDrive } from './recent-drive.ts'
import { formatCount, toKmh } from './state/format.ts'
import type { Past } from './state/history/past.ts'
import { PastTrips } from './state/history/past-trips.ts'
import { toLines } from './state/recent.ts'
import type { Session } from './state/session.ts'
import type { Settings } from '../api/settings.ts'

/** The map, and everything that looks at it. */
export function startMap(session: Session, past: Past, { panel, moment }: Panels): void {
  const fleetMap = new FleetMap(session, past, byId('map', HTMLElement))
  fleetMap.live.take([...session.fleet.values()], performance.now())
  const chart = new Chart(panel.chart, {
    lines: [{ label: 'Speed', colour: ({ accent }) => accent, isFilled: true }],
    height: 120,
    format: formatCount,
    onPick: (seconds) => {
      if (session.view.mode === 'history') moment.seek(seconds * 1000)
    },
  })
  const showDrive = driveOn(fleetMap, chart, session.settings)
  const recent = new RecentDrive(session, showDrive)
  fleetMap.map.on('load', () => {
    recent.show()
  })
  const trips = new PastTrips(past, fetchTrips)
  keepAsking(session, trips)
  new PastPanel(session, past, { host: panel.past, moment, chart, fleetMap, trips, showDrive })
  coverMap(session, fleetMap)
  startMapTools(session, fleetMap)
  startBaseMapNotice(session)
  session.on('wish', (wish) => {
    fleetMap.fulfil(wish)
  })
  fitOnce(session, past, fleetMap)
}

/** A drive is a trail on the map, broken where nothing is known, and a chart of its speed. */
function driveOn({ map }: FleetMap, chart: Chart, { staleAfterSeconds }: Settings): ShowDrive {
  return (points) => {
    const coordinates = toLines(points, staleAfterSeconds * 1000)
    setFeatures(map, 'trail', { type: 'MultiLineString', coordinates })
    chart.show([points.map(([at]) => at / 1000), points.map(([, , , speed]) => toKmh(speed))])
  }
}

/** The first look is at the fleet, unless the URL says where to look. */
function fitOnce(session: Session, past: Past, fleetMap: FleetMap): void {
  let isDone = session.view.camera !== undefined
  const fit = (): void => {
    const isThere =
      session.view.mode === 'history'
        ? past.tracks.length > 0
        : session.connection.kind === 'live' && session.fleet.size > 0
    if (isDone || !isThere) return
    isDone = true
    fleetMap.fit(false)
  }
  session.on('connection', fit)
  session.on('vehicles', fit)
  past.on('change', fit)
  fit()
}

/** Panels lie on the map: what is in its middle must be in the middle of what is seen of it. */
function coverMap(session: Session, { map }: FleetMap): void {
  const [panel, transport] = [byId('vehicle', HTMLElement), byId('transport', HTMLElement)]
  const cover = (): void => {
    const isBeside = matchMedia('(width > 760px)').matches
    const right = isBeside && !panel.hidden ? panel.offsetWidth + 12 : 0
    const bottom = isBeside && !transport.hidden ? transport.offsetHeight + 12 : 0
    map.setPadding({ top: 0, left: 0, right, bottom })
  }
  session.on('view', ({ view, last }) => {
    if (view.mode !== last.mode || view.vin !== last.vin) cover()
  })
  map.on('resize', cover)
  cover()
}
