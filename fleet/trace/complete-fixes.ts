import { geoToLocal } from '../../services/telemetry/track/geo.ts'
import { elementAt } from '../element-at.ts'
import type { Fix, RecordedFix } from './fix.ts'
import { fieldNamed } from './fix.ts'

/** Metres below which a movement has no heading of its own. */
const shortestMovement = 0.5
/** Metres a second: a receiver that leaps is no vehicle that does, and a faster one would be refused. */
const fastest = fieldNamed('speed').maximum
const degreesPerRadian = 180 / Math.PI

/**
 * Fixes with what the file left out: speed and heading of the movement that led to a fix (for the
 * first one, that leads away from it). A vehicle that stands keeps its heading.
 *
 * @param fixes in the order of their times, no two at one time
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
    speed: Math.min(Math.round(metresPerMicrosecond * 1e9) / 1e3, fastest),
    heading: metres < shortestMovement ? null : (degrees + 360) % 360,
  }
}
