import type { GeoJSON } from 'geojson'
import type { GeoJSONSource, Map as MapLibreMap } from 'maplibre-gl'
import { feature, mesh } from 'topojson-client'
import type { GeometryCollection, Topology } from 'topojson-specification'
import { getJson } from '../../api.ts'
import { unwrapLand, unwrapLines } from '../unwrap.ts'

type Countries = Topology<{ land: GeometryCollection; countries: GeometryCollection }>

/** Sets the features of a map source. */
export function setFeatures(map: MapLibreMap, source: string, features: GeoJSON): void {
  void map.getSource<GeoJSONSource>(source)?.setData(features)
}

/** Loads the outlines of land and countries. Without them the map is plain. */
export async function loadWorld(map: MapLibreMap): Promise<void> {
  const world = await getJson<Countries>('/vendor/countries-50m.json')
  const { land, countries } = world.objects
  const [outline] = feature(world, land).features
  if (outline?.geometry.type === 'MultiPolygon')
    setFeatures(map, 'land', unwrapLand(outline.geometry))
  setFeatures(map, 'borders', unwrapLines(mesh(world, countries)))
}
