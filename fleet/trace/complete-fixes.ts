import { geoToLocal } from '../../services/telemetry/track/geo.ts'
import { elementAt } from '../element-at.ts'
import type { Fix, RecordedFix } from './fix.ts'
import { fieldByName } from './fix.ts'

/** A shorter movement gives no heading. */
const minMovementMetres = 0.5
/** In m/s. A jump of the receiver is not a real speed, and the server would refuse a higher value. */
const maxSpeed = fieldByName('speed').maximum
const degreesPerRadian = 180 / Math.PI

/**
 * Computes missing speeds and headings from the movement to a fix (for the first fix: from it). A
 * standing vehicle keeps its heading.
 *
 * @param fixes in ascending order of their times, all different
 */
export function completeFixes(fixes: readonly RecordedFix[]): Fix[] {
  let heading: number | null = null
  return fixes.map((fix, at): Fix => {
    const known = fix.speed !== null && fix.heading !== null
    const movement = known ? undefined : movementTo(fixes, at)
    heading = fix.heading ?? movement?.heading ?? heading
    return { ...fix, speed: fix.speed ?? movement?.speed ?? 0, heading }
  })
}

type Movement = { readonly speed: number; readonly heading: number | null }

function movementTo(fixes: readonly RecordedFix[], at: number): Movement | undefined {
  const [from, to] = [fixes[Math.max(at, 1) - 1], fixes[Math.max(at, 1)]]
  if (from === undefined || to === undefined) return undefined
  const level = { ...elementAt(fixes, at), altitude: 0 }
  const [start, end] = [from, to].map((fix) => geoToLocal({ ...fix, altitude: 0 }, level))
  if (start === undefined || end === undefined) return undefined
  const [east, north] = [end.east - start.east, end.north - start.north]
  const metres = Math.hypot(east, north)
  const metresPerMicrosecond = metres / (to.recordedAt - from.recordedAt)
  const degrees = Math.round(Math.atan2(east, north) * degreesPerRadian * 100) / 100
  return {
    speed: Math.min(Math.round(metresPerMicrosecond * 1e9) / 1e3, maxSpeed),
    heading: metres < minMovementMetres ? null : (degrees + 360) % 360,
  }
}
