import type { TileFeature } from './vector-tiles.ts'

/** The layer and the properties of a feature in one schema of vector tiles. */
export type SchemaFeature = readonly [
  layer: string,
  properties: NonNullable<TileFeature['properties']>,
]

export type NamedFeature = 'motorway number' | 'street' | 'lake' | 'town'

export type MapSchema = {
  readonly things: Readonly<Record<string, SchemaFeature>>
  readonly names: Readonly<Record<NamedFeature, SchemaFeature>>
}

/** The same features in each schema that the map can draw. */
export const mapSchemas: Readonly<Record<string, MapSchema>> = {
  'Protomaps version 4': {
    things: {
      park: ['landuse', { kind: 'park' }],
      wood: ['landuse', { kind: 'forest' }],
      residential: ['landuse', { kind: 'residential' }],
      industrial: ['landuse', { kind: 'industrial' }],
      water: ['water', { kind: 'lake' }],
      building: ['buildings', { kind: 'building' }],
      motorway: ['roads', { kind: 'highway', kind_detail: 'motorway' }],
      'main road': ['roads', { kind: 'major_road', kind_detail: 'primary' }],
      'side road': ['roads', { kind: 'major_road', kind_detail: 'tertiary' }],
      'minor road': ['roads', { kind: 'minor_road', kind_detail: 'residential' }],
      'service road': ['roads', { kind: 'minor_road', kind_detail: 'service' }],
      rail: ['roads', { kind: 'rail', kind_detail: 'rail' }],
      river: ['water', { kind: 'river' }],
      border: ['boundaries', { kind: 'country', kind_detail: 2 }],
    },
    names: {
      'motorway number': ['roads', { kind: 'highway', shield_text: 'A100' }],
      street: ['roads', { kind: 'minor_road', name: 'Hauptstrasse' }],
      lake: ['water', { kind: 'lake', name: 'Mirror Lake' }],
      town: ['places', { kind: 'locality', kind_detail: 'town', name: 'Springfield' }],
    },
  },
  'Protomaps version 3': {
    things: {
      park: ['landuse', { 'pmap:kind': 'park' }],
      wood: ['natural', { 'pmap:kind': 'wood' }],
      residential: ['landuse', { 'pmap:kind': 'residential' }],
      industrial: ['landuse', { 'pmap:kind': 'industrial' }],
      water: ['water', { 'pmap:kind': 'lake' }],
      building: ['buildings', { 'pmap:kind': 'building' }],
      motorway: ['roads', { 'pmap:kind': 'highway', 'pmap:level': 0 }],
      'main road': ['roads', { 'pmap:kind': 'major_road', 'pmap:level': 0 }],
      'side road': ['roads', { 'pmap:kind': 'medium_road', 'pmap:level': 0 }],
      'minor road': ['roads', { 'pmap:kind': 'minor_road', 'pmap:level': 0 }],
      'service road': ['roads', { 'pmap:kind': 'minor_road', 'pmap:kind_detail': 'service' }],
      rail: ['transit', { 'pmap:kind': 'rail' }],
      river: ['physical_line', { 'pmap:kind': 'river' }],
      border: ['boundaries', { 'pmap:kind': 'country', 'pmap:min_admin_level': 2 }],
    },
    names: {
      'motorway number': ['roads', { 'pmap:kind': 'highway', ref: 'A100' }],
      street: ['roads', { 'pmap:kind': 'minor_road', name: 'Hauptstrasse' }],
      lake: ['physical_point', { 'pmap:kind': 'lake', name: 'Mirror Lake' }],
      town: [
        'places',
        { 'pmap:kind': 'locality', 'pmap:kind_detail': 'town', name: 'Springfield' },
      ],
    },
  },
  OpenMapTiles: {
    things: {
      park: ['park', { class: 'nature_reserve' }],
      wood: ['landcover', { class: 'wood' }],
      residential: ['landuse', { class: 'residential' }],
      industrial: ['landuse', { class: 'industrial' }],
      water: ['water', { class: 'lake' }],
      building: ['building', {}],
      motorway: ['transportation', { class: 'motorway' }],
      'main road': ['transportation', { class: 'primary' }],
      'side road': ['transportation', { class: 'tertiary' }],
      'minor road': ['transportation', { class: 'minor' }],
      'service road': ['transportation', { class: 'service' }],
      rail: ['transportation', { class: 'rail', subclass: 'rail' }],
      river: ['waterway', { class: 'river' }],
      border: ['boundary', { admin_level: 2, maritime: 0 }],
    },
    names: {
      'motorway number': ['transportation_name', { class: 'motorway', ref: 'A100' }],
      street: ['transportation_name', { class: 'minor', name: 'Hauptstrasse' }],
      lake: ['water_name', { class: 'lake', name: 'Mirror Lake' }],
      town: ['place', { class: 'town', name: 'Springfield', rank: 11 }],
    },
  },
}
