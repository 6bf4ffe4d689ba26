import type { ExpressionSpecification, LayerSpecification } from 'maplibre-gl'
import type { Theme } from '../theme.ts'
import { roadClasses } from './roads.ts'
import { all, any, byZoom, isDetail, isKind, isLine, isPoint, nameIn, not } from './schema.ts'
import { placeOrder, roadNumber, tileSource } from './schema.ts'

/**
 * Names are drawn with the page's font. MapLibre draws the letters itself because the style has no
 * `glyphs`, so no server for glyphs is requested.
 */
export const mapFont = ['Inter Variable', 'sans-serif']

type PlaceClass = {
  readonly name: string
  readonly is: ExpressionSpecification
  readonly zooms: readonly [from: number, to: number]
  /** Text size in pixels by zoom level. */
  readonly sizes: readonly (readonly [zoom: number, pixels: number])[]
  readonly isDim?: boolean
}

const isTown = any(isKind('town'), all(isKind('locality'), isDetail('town')))
const isCity = any(isKind('city'), all(isKind('locality'), isDetail('city')))

/** From the least to the most important. MapLibre places the names of later layers first. */
const placeClasses: readonly PlaceClass[] = [
  {
    name: 'quarter',
    is: isKind('neighbourhood', 'macrohood', 'suburb', 'quarter'),
    zooms: [12, 17],
    sizes: [
      [12, 10.5],
      [16, 13],
    ],
    isDim: true,
  },
  {
    name: 'village',
    is: any(
      isKind('village', 'hamlet', 'isolated_dwelling'),
      all(isKind('locality'), not(isTown), not(isCity)),
    ),
    zooms: [9, 17],
    sizes: [
      [9, 10.5],
      [15, 14],
    ],
  },
  {
    name: 'town',
    is: isTown,
    zooms: [6, 16],
    sizes: [
      [6, 10.5],
      [14, 16],
    ],
  },
  {
    name: 'city',
    is: isCity,
    zooms: [3, 15],
    sizes: [
      [3, 10.5],
      [8, 14],
      [14, 20],
    ],
  },
  {
    name: 'region',
    is: isKind('region', 'state', 'province'),
    zooms: [4, 8],
    sizes: [
      [4, 10],
      [8, 14],
    ],
    isDim: true,
  },
  {
    name: 'country',
    is: isKind('country'),
    zooms: [1, 8],
    sizes: [
      [1, 10],
      [6, 16],
    ],
  },
]

/** Names of streets, waters and places. The most important are last: they are placed first. */
export function nameLayers(theme: Theme): LayerSpecification[] {
  const name = nameIn(navigator.language.split('-')[0] ?? '')
  return [
    ...['roads', 'transportation_name'].flatMap((from) => streetNames(from, name, theme)),
    ...['water', 'physical_line', 'waterway', 'water_name'].map((from) =>
      waterLineNames(from, name, theme),
    ),
    ...['water', 'physical_point', 'water_name'].map((from) => waterNames(from, name, theme)),
    ...['places', 'place'].flatMap((from) => placeNames(from, name, theme)),
  ]
}

type SymbolBase = {
  readonly id: string
  readonly type: 'symbol'
  readonly source: string
  readonly 'source-layer': string
}

const symbol = (from: string, name: string): SymbolBase => ({
  id: `tiles-${from}-${name}-name`,
  type: 'symbol',
  source: tileSource,
  'source-layer': from,
})

const halo = (colour: string, pixels = 1.4) => ({
  'text-halo-color': colour,
  'text-halo-width': pixels,
})

/** A motorway has its number, upright; other roads have their names along the line. */
function streetNames(
  from: string,
  name: ExpressionSpecification,
  { dim, land }: Theme,
): LayerSpecification[] {
  return roadClasses.map((road) => {
    const isMotorway = road.name === 'motorway'
    return {
      ...symbol(from, road.name),
      minzoom: road.nameZoom,
      filter: all(isLine, road.is),
      layout: {
        'symbol-placement': 'line',
        'symbol-spacing': 320,
        'text-field': isMotorway ? roadNumber : name,
        'text-font': mapFont,
        'text-size': byZoom([12, 10.5], [18, 14]),
        ...(isMotorway && { 'text-rotation-alignment': 'viewport' as const }),
      },
      paint: { 'text-color': dim, ...halo(land) },
    }
  })
}

function waterLineNames(
  from: string,
  name: ExpressionSpecification,
  { waterName, sea }: Theme,
): LayerSpecification {
  return {
    ...symbol(from, 'line'),
    minzoom: 10,
    filter: isLine,
    layout: {
      'symbol-placement': 'line',
      'symbol-spacing': 400,
      'text-field': name,
      'text-font': mapFont,
      'text-size': byZoom([10, 10.5], [16, 13]),
    },
    paint: { 'text-color': waterName, ...halo(sea, 0.8) },
  }
}

function waterNames(
  from: string,
  name: ExpressionSpecification,
  { waterName, sea }: Theme,
): LayerSpecification {
  const isLarge = isKind('ocean', 'sea')
  return {
    ...symbol(from, 'point'),
    filter: all(isPoint, any(isLarge, ['>=', ['zoom'], 9])),
    layout: {
      'text-field': name,
      'text-font': mapFont,
      'text-size': ['case', isLarge, 13, 11.5],
      'text-max-width': 8,
    },
    paint: { 'text-color': waterName, ...halo(sea, 0.8) },
  }
}

function placeNames(
  from: string,
  name: ExpressionSpecification,
  { ink, dim, land }: Theme,
): LayerSpecification[] {
  return placeClasses.map((place) => ({
    ...symbol(from, place.name),
    minzoom: place.zooms[0],
    maxzoom: place.zooms[1],
    filter: all(isPoint, place.is),
    layout: {
      'text-field': name,
      'text-font': mapFont,
      'text-size': byZoom(...place.sizes),
      'text-max-width': 8,
      'symbol-sort-key': placeOrder,
    },
    paint: { 'text-color': place.isDim === true ? dim : ink, ...halo(land) },
  }))
}
