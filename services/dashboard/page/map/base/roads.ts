import type { FeatureCollection } from 'geojson'
import type { Map as MapLibreMap } from 'maplibre-gl'
import { getJson } from '../../api.ts'
import type { Session } from '../../state/session.ts'
import { setFeatures } from './base-map.ts'

/** Milliseconds between two questions for the roads at least. */
const minIntervalMs = 3_000

/**
 * Draws the roads that the simulated fleet drives on; a real fleet has none. They are asked for again
 * when there are other vehicles, as a fleet may start while somebody looks, and once the connection was
 * lost, as it may be another platform then.
 */
export function startRoads(map: MapLibreMap, session: Session): void {
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
    // Without roads the vehicles still drive; they may be had later.
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
