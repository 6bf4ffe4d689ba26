import { passes } from '../../state/fleet.ts'
import { toMercator } from '../../state/motion.ts'
import type { Past } from '../../state/history/past.ts'
import { seenThen } from '../../state/history/seen-then.ts'
import type { Session } from '../../state/session.ts'
import type { SeenVehicle } from './live-arrows.ts'

/** The vehicles as they were at the moment that is played. */
export class PastArrows {
  readonly #session: Session
  readonly #past: Past

  constructor(session: Session, past: Past) {
    this.#session = session
    this.#past = past
  }

  seen(): SeenVehicle[] {
    const { settings, view, fleet } = this.#session
    return this.#past.tracks.flatMap(({ vin, points }) => {
      const past = seenThen(this.#past, points, settings)
      if (!past) return []
      const { state } = past
      const known = fleet.get(vin)
      if (known && vin !== view.vin && !passes(known, state, { ...view, states: [] })) return []
      const { x, y } = toMercator(past.longitude, past.latitude)
      const place = { x, y, heading: past.heading ?? 0 }
      const leg = { from: place, to: place, start: 0, end: 0 }
      return [{ vin, leg, state, hasHeading: past.heading !== null }]
    })
  }

  /** Everywhere that vehicles have been within the span. */
  ways(): [longitude: number, latitude: number][] {
    return this.#past.tracks.flatMap(({ points }) =>
      points.map(([, longitude, latitude]): [number, number] => [longitude, latitude]),
    )
  }
}
