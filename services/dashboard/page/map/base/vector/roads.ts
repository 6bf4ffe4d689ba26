import type { ExpressionSpecification, LayerSpecification } from 'maplibre-gl'
import type { Theme } from '../theme.ts'
import { all, any, byZoom, isDetail, isKind, isLine, isLink, isTunnel, not } from './schema.ts'
import { tileSource } from './schema.ts'

export type RoadClass = {
  readonly name: string
  readonly is: ExpressionSpecification
  /** Not drawn below this zoom level. */
  readonly minzoom: number
  /** Pixels by zoom level. */
  readonly widths: readonly (readonly [zoom: number, pixels: number])[]
  /** From this zoom level on, the road has its name. */
  readonly nameZoom: number
}

const isMedium = isDetail('secondary', 'secondary_link', 'tertiary', 'tertiary_link')
const isService = isDetail('service', 'driveway', 'parking_aisle', 'alley')

/** From the least to the most important. A later class is drawn above an earlier one. */
export const roadClasses: readonly RoadClass[] = [
  {
    name: 'service',
    is: any(isKind('service', 'track'), all(isKind('minor_road'), isService)),
    minzoom: 13.5,
    widths: [
      [13.5, 0.4],
      [15, 1.8],
      [18, 9],
    ],
    nameZoom: 15.5,
  },
  {
    name: 'minor',
    is: any(isKind('minor', 'busway', 'raceway'), all(isKind('minor_road'), not(isService))),
    minzoom: 11.5,
    widths: [
      [11.5, 0.3],
      [13, 1],
      [15, 4],
      [18, 17],
    ],
    nameZoom: 14,
  },
  {
    name: 'medium',
    is: any(isKind('medium_road', 'secondary', 'tertiary'), all(isKind('major_road'), isMedium)),
    minzoom: 8.5,
    widths: [
      [8.5, 0.4],
      [12, 1.6],
      [15, 5.5],
      [18, 21],
    ],
    nameZoom: 13,
  },
  {
    name: 'main',
    is: any(isKind('trunk', 'primary'), all(isKind('major_road'), not(isMedium))),
    minzoom: 6,
    widths: [
      [6, 0.5],
      [10, 1.4],
      [13, 3.4],
      [15, 7],
      [18, 25],
    ],
    nameZoom: 12,
  },
  {
    name: 'motorway',
    is: isKind('highway', 'motorway'),
    minzoom: 4,
    widths: [
      [4, 0.6],
      [8, 1.5],
      [12, 3.4],
      [15, 8],
      [18, 27],
    ],
    nameZoom: 8,
  },
]

/** Pixels on both sides of a road together. */
const edgePx = 1.6

/** The layers of Protomaps and of OpenMapTiles that contain roads. */
const roadSourceLayers = ['roads', 'transportation'] as const

/** Paths, railways, then the roads: first all edges, so that roads which cross have none between them. */
export function roadLayers(theme: Theme): LayerSpecification[] {
  return [
    ...roadSourceLayers.map((from) => pathLayer(from, theme)),
    ...roadSourceLayers.flatMap((from) => roadClasses.map((road) => edgeLayer(from, road, theme))),
    ...roadSourceLayers.flatMap((from) =>
      roadClasses.map((road) => surfaceLayer(from, road, theme)),
    ),
    ...[...roadSourceLayers, 'transit'].flatMap((from) => railLayers(from, theme)),
  ]
}

function line(from: string, name: string): Pick<LayerSpecification, 'id'> & LineBase {
  return { id: `tiles-${from}-${name}`, type: 'line', source: tileSource, 'source-layer': from }
}
type LineBase = { readonly type: 'line'; readonly source: string; readonly 'source-layer': string }

/** Tunnels are drawn faintly. */
const opacity: ExpressionSpecification = ['case', isTunnel, 0.4, 1]
const round = { 'line-cap': 'round', 'line-join': 'round' } as const

function surfaceLayer(from: string, road: RoadClass, theme: Theme): LayerSpecification {
  const colour = road.name === 'motorway' ? theme.motorway : theme.road
  return {
    ...line(from, road.name),
    minzoom: road.minzoom,
    filter: all(isLine, road.is),
    layout: round,
    paint: { 'line-color': colour, 'line-opacity': opacity, 'line-width': widthOf(road, 0) },
  }
}

function edgeLayer(from: string, road: RoadClass, theme: Theme): LayerSpecification {
  const colour = road.name === 'motorway' ? theme.motorwayEdge : theme.roadEdge
  return {
    ...line(from, `${road.name}-edge`),
    minzoom: road.minzoom,
    filter: all(isLine, road.is),
    layout: { 'line-join': 'round' },
    paint: { 'line-color': colour, 'line-opacity': opacity, 'line-width': widthOf(road, edgePx) },
  }
}

function widthOf({ widths }: RoadClass, addedPx: number): ExpressionSpecification {
  const stops = widths.flatMap(([zoom, pixels]) => [
    zoom,
    ['case', isLink, pixels * 0.6 + addedPx, pixels + addedPx],
  ])
  return [
    'interpolate',
    ['exponential', 1.5],
    ['zoom'],
    ...stops,
  ] as unknown as ExpressionSpecification
}

function pathLayer(from: string, { roadEdge }: Theme): LayerSpecification {
  return {
    ...line(from, 'path'),
    minzoom: 14,
    filter: all(isLine, isKind('path'), not(isDetail('pier'))),
    paint: {
      'line-color': roadEdge,
      'line-dasharray': [3, 1.5],
      'line-width': byZoom([14, 0.8], [18, 3]),
    },
  }
}

/** A line, with ties from close by. */
function railLayers(from: string, { rail }: Theme): LayerSpecification[] {
  const filter = all(isLine, isKind('rail', 'transit'))
  const base = { filter, paint: { 'line-color': rail, 'line-opacity': opacity } } as const
  return [
    {
      ...line(from, 'rail'),
      ...base,
      minzoom: 9,
      paint: { ...base.paint, 'line-width': byZoom([9, 0.6], [14, 1.2], [18, 3]) },
    },
    {
      ...line(from, 'rail-ties'),
      ...base,
      minzoom: 14,
      paint: {
        ...base.paint,
        'line-dasharray': [0.3, 2.2],
        'line-width': byZoom([14, 4], [18, 10]),
      },
    },
  ]
}
