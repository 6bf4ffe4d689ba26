import type { Leg } from '../state/motion.ts'
import { placeAt } from '../state/motion.ts'
import type { FlatCamera } from './arrows/arrow-layer.ts'

/** A vehicle within this distance of the pointer is picked. */
const pickRadiusPx = 20

/** The screen position of a leg's arrow at `now`. */
export function screenPositionOf(
  leg: Leg,
  camera: FlatCamera,
  now: number,
): { x: number; y: number } {
  const place = placeAt(leg, now)
  return {
    x: (place.x - camera.x) * camera.worldSize + camera.screenCentre.x,
    y: (place.y - camera.y) * camera.worldSize + camera.screenCentre.y,
  }
}

/** The vehicle nearest to a point of the screen, within the pick radius. */
export function pickNearest<Drawn extends { readonly leg: Leg }>(
  vehicles: readonly Drawn[],
  point: { readonly x: number; readonly y: number },
  camera: FlatCamera,
): Drawn | undefined {
  const now = performance.now()
  let [nearest, leastDistance]: [Drawn | undefined, number] = [undefined, pickRadiusPx]
  for (const vehicle of vehicles) {
    const { x, y } = screenPositionOf(vehicle.leg, camera, now)
    const distance = Math.hypot(x - point.x, y - point.y)
    if (distance < leastDistance) [nearest, leastDistance] = [vehicle, distance]
  }
  return nearest
}
