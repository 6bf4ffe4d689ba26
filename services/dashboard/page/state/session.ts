import type { Health } from '../../api/health.ts'
import type { Settings } from '../../api/settings.ts'
import type { VehiclesMessage } from '../../api/vehicles.ts'
import { Emitter } from './emitter.ts'
import type { KnownVehicle } from './fleet.ts'
import { Fleet, matchesFilter, stateAt } from './fleet.ts'
import { ServerClock } from './server-clock.ts'
import type { VehicleActivity } from './vehicle-activity.ts'
import type { View } from './view.ts'

/** Whether the page hears from the platform. */
export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** @member since milliseconds by this machine's clock */
  | { readonly kind: 'lost'; readonly since: number }

/** The whole fleet, the vehicle that is looked at, or where the view's camera is. */
export type MapCommand = 'fit' | 'show' | 'return'

export type SessionEvents = {
  /** Vehicles whose latest reading is another one. */
  vehicles: readonly KnownVehicle[]
  /** Vehicles that are gone. */
  gone: readonly string[]
  connection: Connection
  health: Health
  /** What is wrong with the tiles of the base map, as a sentence; undefined while they come. */
  baseMapProblem: string | undefined
  /** The view, and the one before. */
  view: { readonly view: View; readonly last: View }
  /** Time has passed: ages are others. Once a second. */
  tick: undefined
  /** What the map shall show once. */
  mapCommand: MapCommand
}

/** What the page knows and looks at; map and panels listen to it and never to each other. */
export class Session extends Emitter<SessionEvents> {
  readonly fleet = new Fleet()
  readonly clock = new ServerClock()
  readonly settings: Settings
  #view: View
  #connection: Connection = { kind: 'connecting' }
  #health: Health | undefined

  constructor(settings: Settings, view: View) {
    super()
    this.settings = settings
    this.#view = view
  }

  get view(): View {
    return this.#view
  }

  get connection(): Connection {
    return this.#connection
  }

  get health(): Health | undefined {
    return this.#health
  }

  /** The server's time, milliseconds since the Unix epoch. */
  get now(): number {
    return this.clock.at(Date.now())
  }

  /** Looks at something else. */
  updateView(change: Partial<View>): void {
    const last = this.#view
    this.#view = { ...last, ...change }
    this.emit('view', { view: this.#view, last })
  }

  /** Looks at a vehicle, or at none. */
  select(vin: string | undefined): void {
    if (vin === this.#view.vin) return
    this.updateView({ vin, isFollowing: vin !== undefined && this.#view.isFollowing })
  }

  get selected(): KnownVehicle | undefined {
    return this.#view.vin === undefined ? undefined : this.fleet.get(this.#view.vin)
  }

  stateOf(known: KnownVehicle): VehicleActivity {
    return stateAt(known, this.now, this.settings)
  }

  isShown(known: KnownVehicle): boolean {
    return matchesFilter(known, this.stateOf(known), this.#view)
  }

  applyVehicles({ now, vehicles, gone = [] }: VehiclesMessage): void {
    this.clock.observe(Date.parse(now), Date.now())
    this.fleet.remove(gone)
    if (gone.length > 0) this.emit('gone', gone)
    this.emit('vehicles', this.fleet.merge(vehicles))
  }

  endSnapshot(): void {
    this.emit('gone', this.fleet.endSnapshot())
  }

  applyHealth(health: Health): void {
    this.#health = health
    this.emit('health', health)
  }

  setConnection(connection: Connection): void {
    if (connection.kind === this.#connection.kind) return
    this.#connection = connection
    this.emit('connection', connection)
  }
}
