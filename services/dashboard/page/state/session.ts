import type { Health } from '../../api/health.ts'
import type { Settings } from '../../api/settings.ts'
import type { VehiclesMessage } from '../../api/vehicles.ts'
import { Emitter } from './emitter.ts'
import type { KnownVehicle } from './fleet.ts'
import { Fleet, matchesFilter, stateAt } from './fleet.ts'
import { ServerClock } from './server-clock.ts'
import type { VehicleActivity } from './vehicle-activity.ts'
import type { View } from './view.ts'

/** The state of the connection to the platform. */
export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** @member since local time, milliseconds since the Unix epoch */
  | { readonly kind: 'lost'; readonly since: number }

/** What the map should show once: the fleet, the selected vehicle, or the camera of the view. */
export type MapCommand = 'showAll' | 'showSelected' | 'restoreCamera'

export type SessionEvents = {
  /** Vehicles whose latest reading has changed. */
  vehicles: readonly KnownVehicle[]
  /** Vins of vehicles that were removed. */
  gone: readonly string[]
  connection: Connection
  health: Health
  /** A message about failing tiles of the base map; undefined while tiles load. */
  baseMapProblem: string | undefined
  /** The view and the previous view. */
  view: { readonly view: View; readonly last: View }
  /** Once a second: ages have changed. */
  tick: undefined
  mapCommand: MapCommand
}

/** The state of the page. Map and panels listen to it and never to each other. */
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

  updateView(change: Partial<View>): void {
    const last = this.#view
    this.#view = { ...last, ...change }
    this.emit('view', { view: this.#view, last })
  }

  /** Selects a vehicle, or none. */
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
