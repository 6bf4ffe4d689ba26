import { matchesFilter } from '../../state/fleet.ts'
import { toMercator } from '../../state/motion.ts'
import type { TrackHistory } from '../../state/history/track-history.ts'
import { replayedVehicle } from '../../state/history/replayed-vehicle.ts'
import type { Session } from '../../state/session.ts'
import type { DrawnVehicle } from './live-arrows.ts'

/** The vehicles at the playback time. */
export class HistoryArrows {
  readonly #session: Session
  readonly #past: TrackHistory

  constructor(session: Session, past: TrackHistory) {
    this.#session = session
    this.#past = past
  }

  drawnVehicles(): DrawnVehicle[] {
    const { settings, view, fleet } = this.#session
    return this.#past.tracks.flatMap(({ vin, points }) => {
      const past = replayedVehicle(this.#past, points, settings)
      if (!past) return []
      const { state } = past
      const known = fleet.get(vin)
      if (known && vin !== view.vin && !matchesFilter(known, state, { ...view, states: [] }))
        return []
      const { x, y } = toMercator(past.longitude, past.latitude)
      const place = { x, y, heading: past.heading ?? 0 }
      const leg = { from: place, to: place, start: 0, end: 0 }
      return [{ vin, leg, state, hasHeading: past.heading !== null }]
    })
  }

  /** All positions of all vehicles within the span. */
  positions(): [longitude: number, latitude: number][] {
    return this.#past.tracks.flatMap(({ points }) =>
      points.map(([, longitude, latitude]): [number, number] => [longitude, latitude]),
    )
  }
}
