import { fetchTrips, retryFailedLoads } from './history.ts'
import { setFeatures } from './map/base/base-map.ts'
import { FleetMap } from './map/fleet-map.ts'
import { startBaseMapNotice } from './panels/base-map-notice.ts'
import { Chart } from './panels/chart.ts'
import { startMapTools } from './panels/map-tools.ts'
import { byId } from './panels/dom.ts'
import { HistoryPanel } from './panels/history-panel.ts'
import type { Panels } from './panels/start-panels.ts'
import type { ShowDrive } from './recent-drive.ts'
import { RecentDrive, trailMs } from './recent-drive.ts'
import { formatCount, formatDuration, toSpeedUnit } from './state/format.ts'
import type { TrackHistory } from './state/history/track-history.ts'
import { TripHistory } from './state/history/trip-history.ts'
import { toLines } from './state/recent-track.ts'
import type { Session } from './state/session.ts'

/** Starts the map and everything that uses it. */
export function startMap(
  session: Session,
  trackHistory: TrackHistory,
  { vehiclePanel, playhead }: Panels,
): void {
  const fleetMap = new FleetMap(session, trackHistory, byId('map', HTMLElement))
  fleetMap.live.update([...session.fleet.values()], performance.now())
  const chart = new Chart(vehiclePanel.chart, {
    lines: [{ label: 'Speed', colour: ({ accent }) => accent, isFilled: true }],
    height: 120,
    format: formatCount,
    onPick: (seconds) => {
      if (session.view.mode === 'history') playhead.seek(seconds * 1000)
    },
  })
  const showDrive = drawDriveOn(fleetMap, chart, session)
  const recent = new RecentDrive(session, showDrive)
  fleetMap.map.once('style.load', () => {
    recent.show()
  })
  const trips = new TripHistory(trackHistory, fetchTrips)
  retryFailedLoads(session, trips)
  new HistoryPanel(session, trackHistory, {
    host: vehiclePanel.historyHost,
    playhead,
    chart,
    fleetMap,
    trips,
    showDrive,
  })
  padMapBesidePanels(session, fleetMap)
  startMapTools(session, fleetMap)
  startBaseMapNotice(session)
  session.on('mapCommand', (command) => {
    fleetMap.runCommand(command)
  })
  fitOnce(session, trackHistory, fleetMap)
}

/** Draws a drive as a trail on the map, interrupted at gaps, and as a speed chart. */
function drawDriveOn({ map }: FleetMap, chart: Chart, session: Session): ShowDrive {
  return (points) => {
    const coordinates = toLines(points, session.settings.staleAfterSeconds * 1000)
    setFeatures(map, 'trail', { type: 'MultiLineString', coordinates })
    const isHistory = session.view.mode === 'history'
    chart.show(
      [
        points.map(([at]) => at / 1000),
        points.map(([, , , speed]) => (speed === null ? null : toSpeedUnit(speed))),
      ],
      `No readings in ${isHistory ? 'this time span' : `the last ${formatDuration(trailMs)}`}.`,
    )
  }
}

/**
 * Fits the map to the fleet once, unless the URL contains a camera position. Then moves it to the selected
 * vehicle if that one is outside.
 */
function fitOnce(session: Session, trackHistory: TrackHistory, fleetMap: FleetMap): void {
  let hasFitted = session.view.camera !== undefined
  const fit = (): void => {
    const hasVehicles =
      session.view.mode === 'history'
        ? trackHistory.tracks.length > 0
        : session.connection.kind === 'live' && session.fleet.size > 0
    if (hasFitted || !hasVehicles) return
    hasFitted = true
    fleetMap.fit(false)
    if (session.view.vin !== undefined) fleetMap.moveToIfHidden(session.view.vin)
  }
  session.on('connection', fit)
  session.on('vehicles', fit)
  trackHistory.on('change', fit)
  fit()
}

/** Panels cover parts of the map. The padding centres the map in the part that is visible. */
function padMapBesidePanels(session: Session, { map }: FleetMap): void {
  const [panel, playback] = [byId('vehicle', HTMLElement), byId('playback', HTMLElement)]
  const updatePadding = (): void => {
    const isBeside = matchMedia('(width > 760px)').matches
    const right = isBeside && !panel.hidden ? panel.offsetWidth + 12 : 0
    // On a phone the playback bar covers the map too.
    const bottom = playback.hidden ? 0 : playback.offsetHeight + (isBeside ? 12 : 0)
    const last = map.getPadding()
    if (last.right !== right || last.bottom !== bottom)
      map.setPadding({ top: 0, left: 0, right, bottom })
  }
  session.on('view', ({ view, last }) => {
    if (view.mode !== last.mode || view.vin !== last.vin) updatePadding()
  })
  map.on('resize', updatePadding)
  new ResizeObserver(updatePadding).observe(playback)
  updatePadding()
}
