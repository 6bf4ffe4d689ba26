import type { FeatureCollection } from 'geojson'
import type { LayerSpecification, Map as MapLibreMap, StyleSpecification } from 'maplibre-gl'
import type { Theme } from './theme.ts'
import { vectorLayers } from './vector/layers.ts'
import { mapFont } from './vector/names.ts'

/** Above this zoom level the outlines are too coarse to show coasts; they fade out below it. */
const maxOutlineZoom = 9

const none: FeatureCollection = { type: 'FeatureCollection', features: [] }

/** The map without external tiles: outlines of the world, roads, the trail, clusters. */
export function baseStyle(theme: Theme): StyleSpecification {
  const geojson = (options = {}) => ({ type: 'geojson' as const, data: none, ...options })
  return {
    version: 8,
    sources: {
      land: geojson(),
      borders: geojson(),
      roads: geojson({ tolerance: 0.6 }),
      trail: geojson({ lineMetrics: true }),
      stops: geojson(),
      clusters: geojson(),
    },
    layers: layersOf(theme),
  }
}

/** Applies the colours of the theme to the existing layers. */
export function paintTheme(map: MapLibreMap, theme: Theme): void {
  for (const { id, paint } of [...layersOf(theme), ...vectorLayers(theme)]) {
    if (!map.getLayer(id)) continue
    for (const [name, value] of Object.entries(paint ?? {})) {
      map.setPaintProperty(id, name as never, value as never)
    }
  }
}

function layersOf(theme: Theme): LayerSpecification[] {
  return [
    ...worldLayers(theme),
    ...roadLayers(theme),
    ...trailLayers(theme),
    ...clusterLayers(theme),
  ]
}

function worldLayers({ sea, land, border }: Theme): LayerSpecification[] {
  const fadeStartZoom = maxOutlineZoom - 1.5
  return [
    {
      id: 'sea',
      type: 'background',
      // Above this zoom level the page's background is visible, so nothing has to be painted.
      maxzoom: maxOutlineZoom,
      paint: {
        'background-color': [
          'interpolate',
          ['linear'],
          ['zoom'],
          fadeStartZoom,
          sea,
          maxOutlineZoom,
          land,
        ],
      },
    },
    {
      id: 'land',
      type: 'fill',
      source: 'land',
      maxzoom: maxOutlineZoom,
      paint: { 'fill-color': land },
    },
    {
      id: 'borders',
      type: 'line',
      source: 'borders',
      maxzoom: maxOutlineZoom,
      paint: { 'line-color': border, 'line-width': 0.8 },
    },
  ]
}

function roadLayers({ road, roadEdge }: Theme): LayerSpecification[] {
  const isMain: ['in', ...unknown[]] = ['in', ['get', 'kind'], ['literal', ['avenue', 'ring']]]
  const width = (factor: number, edge: number) =>
    [
      'interpolate',
      ['exponential', 1.6],
      ['zoom'],
      10,
      ['case', isMain, 0.6 * factor, 0.25 * factor],
      14,
      ['case', isMain, 3.6 * factor + edge, 2 * factor + edge],
      18,
      ['case', isMain, 26 * factor + edge, 18 * factor + edge],
    ] as unknown as number
  // Round joins would be most of the vertices, and roads have only gentle bends.
  const layout = { 'line-cap': 'round', 'line-join': 'miter' } as const
  return [
    {
      id: 'road-edges',
      type: 'line',
      source: 'roads',
      minzoom: 14.5,
      layout,
      paint: { 'line-color': roadEdge, 'line-width': width(1, 1.6) },
    },
    {
      id: 'roads',
      type: 'line',
      source: 'roads',
      layout,
      paint: { 'line-color': road, 'line-width': width(1, 0) },
    },
  ]
}

function trailLayers({ accent, surface }: Theme): LayerSpecification[] {
  const layout = { 'line-cap': 'round', 'line-join': 'round' } as const
  return [
    {
      id: 'trail-edge',
      type: 'line',
      source: 'trail',
      layout,
      paint: { 'line-color': surface, 'line-width': 6, 'line-opacity': 0.8 },
    },
    {
      id: 'trail',
      type: 'line',
      source: 'trail',
      layout,
      paint: { 'line-color': accent, 'line-width': 3 },
    },
    {
      id: 'stops',
      type: 'circle',
      source: 'stops',
      paint: {
        'circle-radius': 5,
        'circle-color': surface,
        'circle-stroke-color': accent,
        'circle-stroke-width': 2.5,
      },
    },
  ]
}

function clusterLayers({ surface, ink, accent }: Theme): LayerSpecification[] {
  return [
    {
      id: 'clusters',
      type: 'circle',
      source: 'clusters',
      paint: {
        'circle-radius': ['interpolate', ['linear'], ['log10', ['get', 'count']], 0.3, 13, 4, 30],
        'circle-color': surface,
        'circle-stroke-color': accent,
        'circle-stroke-width': 2,
      },
    },
    {
      id: 'cluster-counts',
      type: 'symbol',
      source: 'clusters',
      layout: {
        'text-field': ['get', 'label'],
        'text-font': mapFont,
        'text-size': 12,
        'text-allow-overlap': true,
      },
      paint: { 'text-color': ink },
    },
  ]
}
