import type { FeatureCollection } from 'geojson'
import type { Map as MapLibreMap } from 'maplibre-gl'
import { getJson } from '../../api.ts'
import type { Session } from '../../state/session.ts'
import { setFeatures } from './base-map.ts'

/** Milliseconds between two questions for the roads at least. */
const pause = 3_000

/**
 * Draws the roads that the simulated fleet drives on; a real fleet has none. They are asked for again
 * when there are other vehicles, as a fleet may start while somebody looks, and once the connection was
 * lost, as it may be another platform then.
 */
export function startRoads(map: MapLibreMap, session: Session): void {
  let asked: number | undefined
  let isResting = false
  let drawn = ''
  const load = async (): Promise<void> => {
    const roads = await getJson<FeatureCollection>('/api/roads')
    const text = JSON.stringify(roads)
    if (text !== drawn) setFeatures(map, 'roads', roads)
    drawn = text
  }
  const look = (): void => {
    const { revision } = session.fleet
    if (isResting || revision === asked) return
    asked = revision
    isResting = true
    setTimeout(() => {
      isResting = false
      look()
    }, pause)
    // Without roads the vehicles still drive; they may be had later.
    load().catch(() => {
      asked = undefined
    })
  }
  session.on('vehicles', look)
  session.on('connection', ({ kind }) => {
    if (kind === 'lost') asked = undefined
  })
  look()
}
