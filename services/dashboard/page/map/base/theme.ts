import type { VehicleActivity } from '../../state/vehicle-activity.ts'

/** Colours of the map and the charts. The style sheet defines them for light and dark. */
export type Theme = {
  readonly land: string
  readonly sea: string
  readonly border: string
  readonly road: string
  readonly roadEdge: string
  readonly motorway: string
  readonly motorwayEdge: string
  readonly rail: string
  readonly park: string
  readonly wood: string
  readonly residential: string
  readonly industrial: string
  readonly building: string
  readonly waterName: string
  readonly ink: string
  readonly dim: string
  readonly line: string
  readonly surface: string
  readonly accent: string
  readonly second: string
  readonly states: Readonly<Record<VehicleActivity, string>>
}

export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim()
  return {
    land: colour('map-land'),
    sea: colour('map-sea'),
    border: colour('map-border'),
    road: colour('map-road'),
    roadEdge: colour('map-road-edge'),
    motorway: colour('map-motorway'),
    motorwayEdge: colour('map-motorway-edge'),
    rail: colour('map-rail'),
    park: colour('map-park'),
    wood: colour('map-wood'),
    residential: colour('map-residential'),
    industrial: colour('map-industrial'),
    building: colour('map-building'),
    waterName: colour('map-water-name'),
    ink: colour('ink'),
    dim: colour('dim'),
    line: colour('line'),
    surface: colour('surface'),
    accent: colour('accent'),
    second: colour('second'),
    states: {
      moving: colour('moving'),
      standing: colour('standing'),
      stale: colour('stale'),
      silent: colour('silent'),
    },
  }
}

/** Calls the listener when the system switches between light and dark. */
export function onThemeChange(listener: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', listener)
}
