import { getJson, pathWithQuery, vehiclePath } from './api.ts'
import { RecentTrack } from './state/recent-track.ts'
import type { Session } from './state/session.ts'
import type { View } from './state/view.ts'
import type { TrackPoint, VehicleTrack } from '../api/history.ts'

/** Milliseconds of the trail. */
const trailMs = 10 * 60_000
/** Milliseconds between two looks at what is stored: readings that come late are told by nobody. */
const reloadIntervalMs = 10_000

/** Shows where somebody has driven, and how fast, in place of what was shown before. */
export type ShowDrive = (points: readonly TrackPoint[]) => void

/** The last minutes of the vehicle that is looked at live. */
export class RecentDrive {
  readonly #session: Session
  readonly #showDrive: ShowDrive
  readonly #recent = new RecentTrack(trailMs)
  #mode: View['mode'] | undefined
  #vin: string | undefined
  #loading: AbortController | undefined
  /** When what is stored was last asked for, in milliseconds of the page's clock. */
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
    // What came while the connection was lost is stored, and not in the next snapshot.
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

  /** Whoever looks at something else leaves nothing behind: the past is shown in the same place. */
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
      // The trail begins with what is heard from now on.
    }
  }
}
