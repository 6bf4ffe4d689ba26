import type { LayerSpecification } from 'maplibre-gl'
import type { Theme } from './theme.ts'

/**
 * A low-contrast base map from vector tiles. The layer names are those of Protomaps' basemaps and of
 * OpenMapTiles (docs.protomaps.com/basemaps/layers, openmaptiles.org/schema). A layer that the archive
 * does not contain is not drawn.
 */
export function vectorLayers({
  sea,
  land,
  border,
  road,
  roadEdge,
  line,
}: Theme): LayerSpecification[] {
  const source = 'tiles'
  const fill = (name: string, colour: string): LayerSpecification => ({
    id: `tiles-${name}`,
    type: 'fill',
    source,
    'source-layer': name,
    filter: ['==', ['geometry-type'], 'Polygon'],
    paint: { 'fill-color': colour },
  })
  const stroke = (name: string, colour: string, width: number): LayerSpecification => ({
    id: `tiles-${name}-${width}`,
    type: 'line',
    source,
    'source-layer': name,
    filter: ['==', ['geometry-type'], 'LineString'],
    paint: {
      'line-color': colour,
      'line-width': ['interpolate', ['exponential', 1.6], ['zoom'], 8, width / 4, 18, width * 6],
    },
  })
  return [
    fill('earth', land),
    fill('water', sea),
    fill('buildings', line),
    fill('building', line),
    stroke('boundaries', border, 1),
    stroke('boundary', border, 1),
    ...['roads', 'transportation'].flatMap((name) => [
      stroke(name, roadEdge, 2.4),
      stroke(name, road, 1.8),
    ]),
  ]
}
