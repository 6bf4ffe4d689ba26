import { getJson, toPath, vehiclePath } from './api.ts'
import { Recent } from './state/recent.ts'
import type { Session } from './state/session.ts'
import type { View } from './state/view.ts'
import type { TrackPoint, VehicleTrack } from '../api/history.ts'

/** Milliseconds of the trail. */
const minutes = 10 * 60_000
/** Milliseconds between two looks at what is stored: readings that come late are told by nobody. */
const lookEvery = 10_000

/** Shows where somebody has driven, and how fast, in place of what was shown before. */
export type ShowDrive = (points: readonly TrackPoint[]) => void

/** The last minutes of the vehicle that is looked at live. */
export class RecentDrive {
  readonly #session: Session
  readonly #showDrive: ShowDrive
  readonly #recent = new Recent(minutes)
  #mode: View['mode'] | undefined
  #vin: string | undefined
  #loading: AbortController | undefined
  /** When what is stored was last asked for, in milliseconds of the page's clock. */
  #asked = 0

  constructor(session: Session, showDrive: ShowDrive) {
    this.#session = session
    this.#showDrive = showDrive
    session.on('view', () => {
      this.#choose()
    })
    session.on('vehicles', (changed) => {
      const mine = changed.find(({ vehicle }) => vehicle.vin === this.#vin)
      if (!mine) return
      this.#recent.add(mine.vehicle)
      this.show()
    })
    // What came while the connection was lost is stored, and not in the next snapshot.
    session.on('connection', ({ kind }) => {
      if (kind === 'live' && this.#vin !== undefined) void this.#load(this.#vin)
    })
    session.on('tick', () => {
      const isDue = performance.now() - this.#asked >= lookEvery
      if (isDue && session.connection.kind === 'live' && this.#vin !== undefined) {
        void this.#load(this.#vin)
      }
    })
    this.#choose()
  }

  show(): void {
    this.#showDrive(this.#recent.points)
  }

  /** Whoever looks at something else leaves nothing behind: the past is shown in the same place. */
  #choose(): void {
    const { vin, mode } = this.#session.view
    const chosen = mode === 'live' ? vin : undefined
    if (chosen === this.#vin && mode === this.#mode) return
    this.#mode = mode
    this.#vin = chosen
    this.#recent.clear()
    this.#loading?.abort()
    this.show()
    if (chosen !== undefined) void this.#load(chosen)
  }

  async #load(vin: string): Promise<void> {
    const loading = new AbortController()
    this.#loading?.abort()
    this.#loading = loading
    this.#asked = performance.now()
    const now = this.#session.now
    const span = {
      from: new Date(now - minutes).toISOString(),
      to: new Date(now + 60_000).toISOString(),
    }
    try {
      const path = toPath(`${vehiclePath(vin)}/track`, { ...span, tolerance: 1 })
      const { points } = await getJson<VehicleTrack>(path, loading.signal)
      if (loading.signal.aborted) return
      this.#recent.addStored(points)
      this.show()
    } catch {
      // The trail begins with what is heard from now on.
    }
  }
}
