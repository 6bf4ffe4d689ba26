import type { FeatureCollection } from 'geojson'
import type { Map as MapLibreMap } from 'maplibre-gl'
import { getJson } from '../../api.ts'
import type { Session } from '../../state/session.ts'
import { setFeatures } from './base-map.ts'

/** The shortest time between two requests for the roads. */
const minIntervalMs = 3_000

/**
 * Draws the roads that the simulated fleet drives on; a real fleet has none, and a map with streets
 * does not show them. The roads are requested again when the set of vehicles changes, because a fleet may start while the page is open, and after
 * the connection was lost, because the page may then be connected to another platform.
 */
export function startRoads(map: MapLibreMap, session: Session): void {
  const { tiles, pmtiles } = session.settings.map
  if (tiles !== undefined || pmtiles !== undefined) return
  let requestedRevision: number | undefined
  let isThrottled = false
  let drawnJson = ''
  const load = async (): Promise<void> => {
    const roads = await getJson<FeatureCollection>('/api/roads')
    const text = JSON.stringify(roads)
    if (text !== drawnJson) setFeatures(map, 'roads', roads)
    drawnJson = text
  }
  const refresh = (): void => {
    const { revision } = session.fleet
    if (isThrottled || revision === requestedRevision) return
    requestedRevision = revision
    isThrottled = true
    setTimeout(() => {
      isThrottled = false
      refresh()
    }, minIntervalMs)
    // The page works without roads. Request them again later.
    load().catch(() => {
      requestedRevision = undefined
    })
  }
  session.on('vehicles', refresh)
  session.on('connection', ({ kind }) => {
    if (kind === 'lost') requestedRevision = undefined
  })
  refresh()
}
