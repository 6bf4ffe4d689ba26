import type { ExpressionSpecification } from 'maplibre-gl'

/*
 * Field names of the vector tile schemas that the map can draw:
 * - Protomaps basemap, version 4: `kind`, `kind_detail`; version 3: the same with the prefix `pmap:`
 *   (docs.protomaps.com/basemaps/layers);
 * - OpenMapTiles: `class`, `subclass` (openmaptiles.org/schema).
 */

/** The id of the map's source of tiles. */
export const tileSource = 'tiles'

type Field = ExpressionSpecification

/** The first of the fields that the feature has, or an empty text. */
const firstOf = (...names: readonly string[]): Field => [
  'coalesce',
  ...names.map((name): Field => ['get', name]),
  '',
]

const kind = firstOf('kind', 'pmap:kind', 'class')
const detail = firstOf('kind_detail', 'pmap:kind_detail', 'subclass')

const isOneOf = (field: Field, values: readonly string[]): Field => [
  'in',
  field,
  ['literal', [...values]],
]
export const isKind = (...values: readonly string[]): Field => isOneOf(kind, values)
export const isDetail = (...values: readonly string[]): Field => isOneOf(detail, values)

const isGeometry = (name: string): Field => isOneOf(['geometry-type'], [name, `Multi${name}`])
export const isPolygon = isGeometry('Polygon')
export const isLine = isGeometry('LineString')
export const isPoint = isGeometry('Point')

export const all = (...conditions: readonly Field[]): Field => ['all', ...conditions]
export const any = (...conditions: readonly Field[]): Field => ['any', ...conditions]
export const not = (condition: Field): Field => ['!', condition]

export const isTunnel = any(
  ['==', ['get', 'is_tunnel'], true],
  ['<', ['to-number', ['get', 'pmap:level'], 0], 0],
  ['==', ['get', 'brunnel'], 'tunnel'],
)

/** A slip road between larger roads. */
export const isLink = any(
  ['==', ['get', 'is_link'], true],
  ['==', ['get', 'pmap:link'], 1],
  ['==', ['get', 'ramp'], 1],
)

/** The administrative level of a boundary: 2 = country, 4 = region. 99 if it is not known. */
const adminLevel: Field = ['to-number', ['coalesce', ['get', 'admin_level'], 99]]
const isOnLand = not(['==', ['get', 'maritime'], 1])
export const isCountryBorder = all(isOnLand, any(isKind('country'), ['<=', adminLevel, 2]))
export const isRegionBorder = all(
  isOnLand,
  any(isKind('region'), all(['>', adminLevel, 2], ['<=', adminLevel, 4])),
)

/** The name in a language (ISO 639), or else the local name. Without a name, the number of a road. */
export function nameIn(language: string): Field {
  return firstOf(`name:${language}`, `name_${language}`, 'name', ...roadNumberFields)
}

const roadNumberFields = ['shield_text', 'ref']
export const roadNumber = firstOf(...roadNumberFields)

/** Names with lower values are placed first: large places before small ones. */
export const placeOrder: Field = [
  'coalesce',
  ['get', 'sort_rank'],
  ['get', 'rank'],
  ['-', 0, ['coalesce', ['get', 'population_rank'], ['get', 'pmap:population_rank'], 0]],
]

/** An interpolation by zoom level. */
export function byZoom(...stops: readonly (readonly [zoom: number, value: number])[]): Field {
  return ['interpolate', ['exponential', 1.5], ['zoom'], ...stops.flat()] as unknown as Field
}
