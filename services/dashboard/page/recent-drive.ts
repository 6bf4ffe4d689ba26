import { getJson, toPath, vehiclePath } from './api.ts'
import type { FleetMap } from './map/fleet-map.ts'
import { setFeatures } from './map/base-map.ts'
import type { Chart } from './panels/chart.ts'
import { toKmh } from './state/format.ts'
import { Recent, toLines } from './state/recent.ts'
import type { Session } from './state/session.ts'
import type { VehicleTrack } from './wire.ts'

/** Milliseconds of the trail. */
const minutes = 10 * 60_000
/** Milliseconds between two looks at what is stored: readings that come late are told by nobody. */
const lookEvery = 10_000

/** The last minutes of the vehicle that is looked at, as a trail on the map and as a chart of its speed. */
export class RecentDrive {
  readonly #session: Session
  readonly #map: FleetMap
  readonly #chart: Chart
  readonly #recent = new Recent(minutes)
  #vin: string | undefined
  #loading: AbortController | undefined
  /** When what is stored was last asked for, in milliseconds of the page's clock. */
  #asked = 0

  constructor(session: Session, map: FleetMap, chart: Chart) {
    this.#session = session
    this.#map = map
    this.#chart = chart
    session.on('view', () => {
      this.#choose()
    })
    session.on('vehicles', (changed) => {
      const mine = changed.find(({ vehicle }) => vehicle.vin === this.#vin)
      if (!mine) return
      this.#recent.add(mine.vehicle)
      this.#show()
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
    map.map.on('load', () => {
      this.#show()
    })
    this.#choose()
  }

  #choose(): void {
    const { vin, mode } = this.#session.view
    const chosen = mode === 'live' ? vin : undefined
    if (chosen === this.#vin) return
    this.#vin = chosen
    this.#recent.clear()
    this.#loading?.abort()
    if (mode === 'live') this.#show()
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
      this.#show()
    } catch {
      // The trail begins with what is heard from now on.
    }
  }

  #show(): void {
    const { points } = this.#recent
    const coordinates = toLines(points, this.#session.settings.staleAfterSeconds * 1000)
    setFeatures(this.#map.map, 'trail', { type: 'MultiLineString', coordinates })
    this.#chart.show([points.map(([at]) => at / 1000), points.map(([, , , speed]) => toKmh(speed))])
  }
}
