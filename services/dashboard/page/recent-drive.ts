import { getJson, pathWithQuery, vehiclePath } from './api.ts'
import { RecentTrack } from './state/recent-track.ts'
import type { Session } from './state/session.ts'
import type { View } from './state/view.ts'
import type { TrackPoint, VehicleTrack } from '../api/history.ts'

/** The length of the trail in time. */
export const trailMs = 10 * 60_000
/** How often the stored track is loaded again: the stream does not report late readings. */
const reloadIntervalMs = 10_000

/** Shows positions and speeds of a drive in place of the previous drive. */
export type ShowDrive = (points: readonly TrackPoint[]) => void

/** The last minutes of the selected vehicle in the live view. */
export class RecentDrive {
  readonly #session: Session
  readonly #showDrive: ShowDrive
  readonly #recent = new RecentTrack(trailMs)
  #mode: View['mode'] | undefined
  #vin: string | undefined
  #loading: AbortController | undefined
  /** Time of the last request, in milliseconds of `performance.now()`. */
  #requestedAt = 0

  constructor(session: Session, showDrive: ShowDrive) {
    this.#session = session
    this.#showDrive = showDrive
    session.on('view', () => {
      this.#updateSelection()
    })
    session.on('vehicles', (changed) => {
      const update = changed.find(({ vehicle }) => vehicle.vin === this.#vin)
      if (!update) return
      this.#recent.add(update.vehicle)
      this.show()
    })
    // Readings that arrived while the connection was lost are stored but not in the next snapshot.
    session.on('connection', ({ kind }) => {
      if (kind === 'live' && this.#vin !== undefined) void this.#load(this.#vin)
    })
    session.on('tick', () => {
      const isDue = performance.now() - this.#requestedAt >= reloadIntervalMs
      if (isDue && session.connection.kind === 'live' && this.#vin !== undefined) {
        void this.#load(this.#vin)
      }
    })
    this.#updateSelection()
  }

  show(): void {
    this.#showDrive(this.#recent.points)
  }

  /** Clears the trail when the selection or the mode changes: the history uses the same trail and chart. */
  #updateSelection(): void {
    const { vin, mode } = this.#session.view
    const selected = mode === 'live' ? vin : undefined
    if (selected === this.#vin && mode === this.#mode) return
    this.#mode = mode
    this.#vin = selected
    this.#recent.clear()
    this.#loading?.abort()
    this.show()
    if (selected !== undefined) void this.#load(selected)
  }

  async #load(vin: string): Promise<void> {
    const loading = new AbortController()
    this.#loading?.abort()
    this.#loading = loading
    this.#requestedAt = performance.now()
    const now = this.#session.now
    const span = {
      from: new Date(now - trailMs).toISOString(),
      to: new Date(now + 60_000).toISOString(),
    }
    try {
      const path = pathWithQuery(`${vehiclePath(vin)}/track`, { ...span, tolerance: 1 })
      const { points } = await getJson<VehicleTrack>(path, loading.signal)
      if (loading.signal.aborted) return
      this.#recent.addStored(points)
      this.show()
    } catch {
      // Without stored points, the trail starts with the next live reading.
    }
  }
}
