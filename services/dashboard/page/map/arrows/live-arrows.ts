import type { Millis } from '../../../../telemetry/time.ts'
import type { KnownVehicle } from '../../state/fleet.ts'
import type { Leg, Place } from '../../state/motion.ts'
import { nextLeg, toMercator } from '../../state/motion.ts'
import type { Session } from '../../state/session.ts'
import type { VehicleActivity } from '../../state/vehicle-activity.ts'
import type { Arrow } from './arrow-layer.ts'
import { iconIndexOf } from './icons.ts'

/** A vehicle as it is drawn, live or in the history. */
export type DrawnVehicle = {
  readonly vin: string
  readonly leg: Leg
  readonly state: VehicleActivity
  readonly hasHeading: boolean
}

/** The current leg of every vehicle: from its previous reading to its latest. */
export class LiveArrows {
  readonly #session: Session
  readonly #legs = new Map<string, { readonly leg: Leg; readonly recordedAt: Millis }>()
  /** The time at which all arrows have arrived, in milliseconds of `performance.now()`. */
  movingUntil = 0

  constructor(session: Session) {
    this.#session = session
  }

  /** Moves arrows to the positions of newer readings. */
  update(changed: readonly KnownVehicle[], now: number): void {
    for (const { vehicle, recordedAt } of changed) {
      const last = this.#legs.get(vehicle.vin)
      const gapMs = last ? recordedAt - last.recordedAt : 0
      const leg = nextLeg(last?.leg, placeOf(vehicle, last?.leg.to), { now, gapMs })
      this.#legs.set(vehicle.vin, { leg, recordedAt })
      this.movingUntil = Math.max(this.movingUntil, leg.end)
    }
  }

  remove(vins: readonly string[]): void {
    for (const vin of vins) this.#legs.delete(vin)
  }

  legOf(vin: string): Leg | undefined {
    return this.#legs.get(vin)?.leg
  }

  /** The vehicles that match search and filter, and always the selected one. */
  drawnVehicles(): DrawnVehicle[] {
    const session = this.#session
    const drawnVehicles: DrawnVehicle[] = []
    for (const known of session.fleet.values()) {
      const { vin, heading } = known.vehicle
      const leg = this.legOf(vin)
      if (!leg || !(vin === session.view.vin || session.isShown(known))) continue
      drawnVehicles.push({ vin, leg, state: session.stateOf(known), hasHeading: heading !== null })
    }
    return drawnVehicles
  }
}

/** A vehicle that reports no heading keeps its last one. */
function placeOf(vehicle: KnownVehicle['vehicle'], last: Place | undefined): Place {
  const { x, y } = toMercator(vehicle.longitude, vehicle.latitude)
  return { x, y, heading: vehicle.heading ?? last?.heading ?? 0 }
}

/** Converts a vehicle for the arrow layer. */
export function toArrow({ vin, leg, state, hasHeading }: DrawnVehicle): Arrow {
  const icon = iconIndexOf(state, hasHeading)
  return { vin, leg: state === 'silent' ? withoutRotation(leg) : leg, icon, size: 1 }
}

/** The icon of a silent vehicle does not show a heading. */
function withoutRotation({ from, to, ...times }: Leg): Leg {
  return { from: { ...from, heading: 0 }, to: { ...to, heading: 0 }, ...times }
}
