import { medianOf } from '../../services/telemetry/median.ts'
import { distanceBetween } from '../../services/telemetry/track/distance.ts'
import { geoToLocal } from '../../services/telemetry/track/geo.ts'
import type { Fix, RecordedFix } from './fix.ts'
import { fieldByName } from './fix.ts'
import { gapsOf } from './gaps.ts'

/** A shorter movement gives no heading. */
const minMovementMetres = 0.5
/** In m/s. The server would refuse a higher value. */
const maxSpeed = fieldByName('speed').maximum
/** A fix further away than this, and than the usual speed allows, is a jump of the receiver. */
const minJumpMetres = 100
/** In m/s. A slower movement is never a jump. */
const minJumpSpeed = 70
/** A jump is this many times as fast as the median speed. */
const usualSpeeds = 3
const degreesPerRadian = 180 / Math.PI

/**
 * Computes missing speeds and headings from the movement to a fix. The first fix of a part takes them
 * from the movement that leads away from it. A part ends at the end of a track segment, at a gap in
 * time, and at a jump, because nothing is known about the movement there. A standing vehicle keeps
 * its heading. A fix alone in its part keeps the speed of the fix before it.
 *
 * @param fixes in ascending order of their times; several can have the same time
 */
export function completeFixes(fixes: readonly RecordedFix[]): Fix[] {
  const drive = { fixes, parts: numberParts(fixes) }
  let last: Pick<Fix, 'speed' | 'heading'> = { speed: 0, heading: null }
  return fixes.map(({ place: _place, segment: _segment, ...fix }, at): Fix => {
    const known = fix.speed !== null && fix.heading !== null
    const movement = known ? undefined : movementAt(drive, at)
    const speed = fix.speed ?? movement?.speed ?? last.speed
    last = { speed, heading: fix.heading ?? movement?.heading ?? last.heading }
    return { ...fix, ...last }
  })
}

/** The number of the part of each fix. */
function numberParts(fixes: readonly RecordedFix[]): number[] {
  const afterGaps = new Set(gapsOf(fixes).map(({ before }) => before))
  const speedLimit = jumpSpeed(fixes)
  let part = 0
  return fixes.map((fix, at) => {
    const previous = fixes[at - 1]
    if (previous === undefined) return part
    const isJump =
      distanceBetween(previous, fix) > minJumpMetres + speedLimit * secondsBetween(previous, fix)
    if (isJump || afterGaps.has(at) || fix.segment !== previous.segment) part += 1
    return part
  })
}

/** In m/s. Above the usual speed of the drive, so that a recorded flight has no jumps. */
function jumpSpeed(fixes: readonly RecordedFix[]): number {
  const speeds = fixes.slice(1).map((fix, index) => {
    const previous = fixes[index] ?? fix
    const seconds = secondsBetween(previous, fix)
    return seconds === 0 ? 0 : distanceBetween(previous, fix) / seconds
  })
  const usualSpeed = medianOf(speeds.filter((speed) => speed > 0))
  return Math.min(Math.max(minJumpSpeed, usualSpeeds * usualSpeed), maxSpeed)
}

function secondsBetween(from: RecordedFix, to: RecordedFix): number {
  return (to.recordedAt - from.recordedAt) / 1e6
}

type Drive = {
  readonly fixes: readonly RecordedFix[]
  /** The number of the part of each fix. */
  readonly parts: readonly number[]
}
type Movement = { readonly speed: number; readonly heading: number | null }

/** The movement to a fix, or away from the first one of its part; undefined for a part with one time. */
function movementAt(drive: Drive, at: number): Movement | undefined {
  const [fix, before] = [drive.fixes[at], neighbourOf(drive, at, -1)]
  if (fix === undefined) return undefined
  if (before !== undefined) return movement(before, fix)
  const after = neighbourOf(drive, at, 1)
  return after && movement(fix, after)
}

/** The next fix of the same part, in a direction, that has another time. */
function neighbourOf({ fixes, parts }: Drive, at: number, step: 1 | -1): RecordedFix | undefined {
  for (let index = at + step; parts[index] === parts[at]; index += step)
    if (fixes[index]?.recordedAt !== fixes[at]?.recordedAt) return fixes[index]
  return undefined
}

function movement(from: RecordedFix, to: RecordedFix): Movement {
  const { east, north } = geoToLocal({ ...to, altitude: 0 }, { ...from, altitude: 0 })
  const metres = Math.hypot(east, north)
  const degrees = Math.round(Math.atan2(east, north) * degreesPerRadian * 100) / 100
  return {
    speed: Math.min(Math.round((metres / secondsBetween(from, to)) * 1e3) / 1e3, maxSpeed),
    heading: metres < minMovementMetres ? null : (degrees + 360) % 360,
  }
}
