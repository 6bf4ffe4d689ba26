import type { Feature, Point } from 'geojson'
import type { Map as MapLibreMap } from 'maplibre-gl'
import Supercluster from 'supercluster'
import { formatCount } from '../state/format.ts'
import { toDegrees } from '../state/motion.ts'
import { setFeatures } from './base/base-map.ts'
import type { SeenVehicle } from './arrows/live-arrows.ts'

/** From this zoom on every vehicle is drawn by itself. */
const clustersBelow = 11.5
/** Pixels around a vehicle within which others join it. */
const radius = 44

type Member = { readonly index: number }

/** Joins vehicles that would lie on each other when seen from afar. */
export class Clusters {
  readonly #map: MapLibreMap
  #areShown = false

  constructor(map: MapLibreMap) {
    this.#map = map
  }

  /** Draws the clusters; returns the vehicles that are in none. */
  join(seen: readonly SeenVehicle[]): readonly SeenVehicle[] {
    const zoom = this.#map.getZoom()
    if (zoom >= clustersBelow) {
      if (this.#areShown)
        setFeatures(this.#map, 'clusters', { type: 'FeatureCollection', features: [] })
      this.#areShown = false
      return seen
    }
    const index = new Supercluster<Member>({
      radius,
      minPoints: 3,
      maxZoom: Math.ceil(clustersBelow),
    })
    index.load(seen.map(toPoint))
    const found = index.getClusters([-180, -90, 180, 90], Math.floor(zoom))
    const alone = found.flatMap(({ properties }) =>
      'cluster' in properties ? [] : [seen[properties.index]].filter((one) => one !== undefined),
    )
    const features = found.flatMap((feature) => {
      const { properties, geometry } = feature
      if (!('cluster' in properties)) return []
      const count = properties.point_count
      const closer = index.getClusterExpansionZoom(properties.cluster_id)
      const shown = { count, label: formatCount(count), closer }
      return [{ type: 'Feature' as const, geometry, properties: shown }]
    })
    setFeatures(this.#map, 'clusters', { type: 'FeatureCollection', features })
    this.#areShown = true
    return alone
  }
}

function toPoint({ leg }: SeenVehicle, index: number): Feature<Point, Member> {
  const coordinates = toDegrees(leg.to)
  return { type: 'Feature', properties: { index }, geometry: { type: 'Point', coordinates } }
}
