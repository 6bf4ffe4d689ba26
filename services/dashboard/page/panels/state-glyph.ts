import type { VehicleActivity } from '../state/vehicle-activity.ts'
import { svg } from './dom.ts'

/** The shape of each state, as on the map. */
const shapes: Readonly<Record<VehicleActivity, readonly (() => SVGElement)[]>> = {
  moving: [() => svg('path', { d: 'M8 1 14 14 8 11 2 14Z', class: 'filled' })],
  standing: [() => svg('circle', { cx: 8, cy: 8, r: 5, class: 'filled' })],
  stale: [() => svg('path', { d: 'M8 2 13.4 13.6 8 11 2.6 13.6Z', class: 'hollow' })],
  silent: [
    () => svg('circle', { cx: 8, cy: 8, r: 5, class: 'hollow' }),
    () => svg('path', { d: 'M4.5 11.5 11.5 4.5', class: 'hollow' }),
  ],
}

export function stateGlyph(state: VehicleActivity): SVGElement {
  const attributes = { viewBox: '0 0 16 16', class: `glyph ${state}`, 'aria-hidden': 'true' }
  return svg('svg', attributes, ...shapes[state].map((make) => make()))
}

/** The labels of the states. */
export const stateNames: Readonly<Record<VehicleActivity, string>> = {
  moving: 'Moving',
  standing: 'Standing',
  stale: 'Stale',
  silent: 'Silent',
}
