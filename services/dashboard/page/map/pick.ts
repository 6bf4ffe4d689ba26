import type { Leg } from '../state/motion.ts'
import { placeAt } from '../state/motion.ts'
import type { FlatCamera } from './arrows/arrow-layer.ts'

/** Pixels around a point in which a vehicle counts as meant. */
const reach = 20

/** Where a leg's arrow is on the screen at this moment. */
export function screenPlaceOf(leg: Leg, camera: FlatCamera, now: number): { x: number; y: number } {
  const place = placeAt(leg, now)
  return {
    x: (place.x - camera.x) * camera.worldSize + camera.middle.x,
    y: (place.y - camera.y) * camera.worldSize + camera.middle.y,
  }
}

/** The vehicle nearest to a point of the screen, if any is near. */
export function pickNearest<Seen extends { readonly leg: Leg }>(
  seen: readonly Seen[],
  point: { readonly x: number; readonly y: number },
  camera: FlatCamera,
): Seen | undefined {
  const now = performance.now()
  let [nearest, least]: [Seen | undefined, number] = [undefined, reach]
  for (const one of seen) {
    const { x, y } = screenPlaceOf(one.leg, camera, now)
    const distance = Math.hypot(x - point.x, y - point.y)
    if (distance < least) [nearest, least] = [one, distance]
  }
  return nearest
}
