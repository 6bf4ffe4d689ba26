import type { ExpressionSpecification, LayerSpecification } from 'maplibre-gl'
import type { Theme } from '../theme.ts'
import { nameLayers } from './names.ts'
import { roadLayers } from './roads.ts'
import { all, byZoom, isCountryBorder, isKind, isLine, isPolygon } from './schema.ts'
import { isRegionBorder, tileSource } from './schema.ts'

/**
 * A base map of low contrast from vector tiles with the schema of Protomaps (versions 3 and 4) or of
 * OpenMapTiles. A layer that the archive does not contain is not drawn.
 */
export function vectorLayers(theme: Theme): LayerSpecification[] {
  return [
    area('earth', 'earth', { colour: theme.land }),
    ...landUseLayers(theme),
    area('water', 'water', { colour: theme.sea }),
    ...waterLines(theme),
    ...['buildings', 'building'].map((from) =>
      area(from, 'building', { colour: theme.building, minzoom: 13 }),
    ),
    ...borderLayers(theme),
    ...roadLayers(theme),
    ...nameLayers(theme),
  ]
}

type AreaOptions = {
  readonly colour: string
  readonly is?: ExpressionSpecification
  readonly minzoom?: number
}

function area(
  from: string,
  name: string,
  { colour, is, minzoom }: AreaOptions,
): LayerSpecification {
  return {
    id: `tiles-${from}-${name}`,
    type: 'fill',
    source: tileSource,
    'source-layer': from,
    filter: is ? all(isPolygon, is) : isPolygon,
    ...(minzoom !== undefined && { minzoom }),
    paint: { 'fill-color': colour },
  }
}

const isResidential = isKind('residential', 'urban_area', 'suburb', 'neighbourhood', 'garages')
const isIndustrial = isKind(
  ...['industrial', 'commercial', 'retail', 'railway', 'quarry', 'military', 'naval_base'],
  ...['aerodrome', 'airfield', 'apron', 'runway', 'taxiway', 'bus_station'],
  ...['hospital', 'school', 'college', 'university', 'kindergarten', 'stadium'],
)
const isPark = isKind(
  ...['park', 'national_park', 'nature_reserve', 'protected_area', 'garden', 'village_green'],
  ...['grass', 'grassland', 'meadow', 'scrub', 'recreation_ground', 'playground', 'dog_park'],
  ...['golf_course', 'pitch', 'allotments', 'cemetery', 'orchard', 'zoo', 'wetland'],
)
const isWood = isKind('wood', 'forest')

/** Built-up land below green. OpenMapTiles has parks in `park`, Protomaps 3 has woods in `natural`. */
function landUseLayers({ residential, industrial, park, wood }: Theme): LayerSpecification[] {
  const covers = ['landcover', 'landuse'] as const
  return [
    ...covers.map((from) => area(from, 'residential', { colour: residential, is: isResidential })),
    ...['landuse', 'aeroway'].map((from) =>
      area(from, 'industrial', { colour: industrial, is: isIndustrial }),
    ),
    ...[...covers, 'natural'].map((from) => area(from, 'park', { colour: park, is: isPark })),
    area('park', 'park', { colour: park }),
    ...[...covers, 'natural'].map((from) => area(from, 'wood', { colour: wood, is: isWood })),
  ]
}

function waterLines({ sea }: Theme): LayerSpecification[] {
  const isRiver = isKind('river', 'canal')
  return ['water', 'physical_line', 'waterway'].map((from) => ({
    id: `tiles-${from}-line`,
    type: 'line',
    source: tileSource,
    'source-layer': from,
    minzoom: 8,
    filter: isLine,
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: {
      'line-color': sea,
      'line-width': [
        'interpolate',
        ['exponential', 1.5],
        ['zoom'],
        8,
        ['case', isRiver, 0.8, 0.2],
        14,
        ['case', isRiver, 3, 1],
        18,
        ['case', isRiver, 14, 5],
      ],
    },
  }))
}

function borderLayers({ border }: Theme): LayerSpecification[] {
  return ['boundaries', 'boundary'].flatMap((from): LayerSpecification[] => {
    const line = { type: 'line', source: tileSource, 'source-layer': from } as const
    return [
      {
        ...line,
        id: `tiles-${from}-region`,
        minzoom: 4,
        filter: all(isLine, isRegionBorder),
        paint: {
          'line-color': border,
          'line-dasharray': [3, 2],
          'line-width': byZoom([4, 0.8], [12, 1.6]),
        },
      },
      {
        ...line,
        id: `tiles-${from}-country`,
        filter: all(isLine, isCountryBorder),
        paint: { 'line-color': border, 'line-width': byZoom([2, 1], [12, 2.6]) },
      },
    ]
  })
}
