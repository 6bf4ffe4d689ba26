import type { FeatureCollection, GeoJSON } from 'geojson'
import type { GeoJSONSource, Map as MapLibreMap } from 'maplibre-gl'
import { addProtocol } from 'maplibre-gl'
import { feature, mesh } from 'topojson-client'
import type { GeometryCollection, Topology } from 'topojson-specification'
import { getJson } from '../api.ts'
import type { Settings } from '../wire.ts'
import { unwrapLand, unwrapLines } from './unwrap.ts'
import { vectorLayers } from './vector-layers.ts'
import type { Theme } from './theme.ts'

type Countries = Topology<{ land: GeometryCollection; countries: GeometryCollection }>

/** Gives a source of the map its features. */
export function setFeatures(map: MapLibreMap, source: string, features: GeoJSON): void {
  void map.getSource<GeoJSONSource>(source)?.setData(features)
}

/** The outlines of the world; where they cannot be had, the map is plain. */
export async function loadWorld(map: MapLibreMap): Promise<void> {
  const world = await getJson<Countries>('/vendor/countries-50m.json')
  const { land, countries } = world.objects
  const [outline] = feature(world, land).features
  if (outline?.geometry.type === 'MultiPolygon')
    setFeatures(map, 'land', unwrapLand(outline.geometry))
  setFeatures(map, 'borders', unwrapLines(mesh(world, countries)))
}

/** The roads that the simulated fleet drives on; a real fleet has none. */
export async function loadRoads(map: MapLibreMap): Promise<void> {
  setFeatures(map, 'roads', await getJson<FeatureCollection>('/api/roads'))
}

/** Puts the tiles of the configuration under everything but the outlines. */
export async function addTiles(map: MapLibreMap, settings: Settings, theme: Theme): Promise<void> {
  const { tiles, pmtiles } = settings.map
  if (tiles !== undefined) addRaster(map, { tiles: [tiles] })
  if (pmtiles !== undefined) await addArchive(map, new URL(pmtiles, location.href).href, theme)
}

function addRaster(map: MapLibreMap, source: { tiles: string[] } | { url: string }): void {
  map.addSource('tiles', { type: 'raster', tileSize: 256, ...source })
  map.addLayer({ id: 'tiles', type: 'raster', source: 'tiles' }, 'road-edges')
}

/** One file with all tiles, read piece by piece. */
async function addArchive(map: MapLibreMap, url: string, theme: Theme): Promise<void> {
  const { PMTiles, Protocol, TileType } = await import('pmtiles')
  const protocol = new Protocol()
  const archive = new PMTiles(url)
  protocol.add(archive)
  addProtocol('pmtiles', protocol.tile)
  const { tileType } = await archive.getHeader()
  if (tileType !== TileType.Mvt) {
    addRaster(map, { url: `pmtiles://${url}` })
    return
  }
  map.addSource('tiles', { type: 'vector', url: `pmtiles://${url}` })
  for (const layer of vectorLayers(theme)) map.addLayer(layer, 'road-edges')
}
