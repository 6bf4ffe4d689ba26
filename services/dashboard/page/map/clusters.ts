import type { Feature, Point } from 'geojson'
import type { Map as MapLibreMap } from 'maplibre-gl'
import Supercluster from 'supercluster'
import { formatCount } from '../state/format.ts'
import { toDegrees } from '../state/motion.ts'
import { setFeatures } from './base/base-map.ts'
import type { DrawnVehicle } from './arrows/live-arrows.ts'

/** From this zoom level on, vehicles are not clustered. */
const minUnclusteredZoom = 11.5
/** Vehicles within this many pixels of each other form a cluster. */
const clusterRadiusPx = 44

type Member = { readonly index: number }

/** Groups vehicles that would overlap at a low zoom level. */
export class Clusters {
  readonly #map: MapLibreMap
  #areShown = false

  constructor(map: MapLibreMap) {
    this.#map = map
  }

  /** Draws the clusters. Returns the vehicles that are in no cluster. */
  draw(vehicles: readonly DrawnVehicle[]): readonly DrawnVehicle[] {
    const zoom = this.#map.getZoom()
    if (zoom >= minUnclusteredZoom) {
      if (this.#areShown)
        setFeatures(this.#map, 'clusters', { type: 'FeatureCollection', features: [] })
      this.#areShown = false
      return vehicles
    }
    const index = new Supercluster<Member>({
      radius: clusterRadiusPx,
      minPoints: 3,
      maxZoom: Math.ceil(minUnclusteredZoom),
    })
    index.load(vehicles.map(toPoint))
    const clustersAndPoints = index.getClusters([-180, -90, 180, 90], Math.floor(zoom))
    const unclustered = clustersAndPoints.flatMap(({ properties }) =>
      'cluster' in properties
        ? []
        : [vehicles[properties.index]].filter((vehicle) => vehicle !== undefined),
    )
    const features = clustersAndPoints.flatMap((feature) => {
      const { properties: cluster, geometry } = feature
      if (!('cluster' in cluster)) return []
      const count = cluster.point_count
      const expansionZoom = index.getClusterExpansionZoom(cluster.cluster_id)
      const properties = { count, label: formatCount(count), expansionZoom }
      return [{ type: 'Feature' as const, geometry, properties }]
    })
    setFeatures(this.#map, 'clusters', { type: 'FeatureCollection', features })
    this.#areShown = true
    return unclustered
  }
}

function toPoint({ leg }: DrawnVehicle, index: number): Feature<Point, Member> {
  const coordinates = toDegrees(leg.to)
  return { type: 'Feature', properties: { index }, geometry: { type: 'Point', coordinates } }
}
