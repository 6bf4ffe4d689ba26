import type { Device } from '../../telemetry/devices/device.ts'
import type { DeviceRegistry } from '../../telemetry/devices/device-registry.ts'
import type { DeviceLabel } from '../../telemetry/track/latest-state.ts'
import type { Micros } from '../../telemetry/time.ts'
import type { FleetDevices } from '../live/live-fleet.ts'

type Records = Pick<DeviceRegistry, 'record'>

/**
 * How long a reading that is received after the removal of a device does not count as a new report: producers may
 * accept the device for two more seconds.
 */
const removalMicros: Micros = 5_000_000

/** Told which vehicles have other devices now; undefined: all may have. */
type OnChange = (vins: Iterable<string> | undefined) => void

/**
 * The device of each vehicle: the only place of the dashboard where vehicles get their names. Until the registry
 * was read, no vehicle has a device.
 */
export class VehicleDevices implements FleetDevices {
  #registry: Records | undefined
  /** The vins whose devices have changed since the end of the topic was last read. */
  readonly #changed = new Set<string>()
  #onChange: OnChange = () => undefined

  /** @param listener called after changes */
  listen(listener: OnChange): void {
    this.#onChange = listener
  }

  /** For the reader of the registry: a device has changed. */
  readonly onDevice = ({ vin }: Pick<Device, 'vin'>): void => {
    this.#changed.add(vin)
  }

  /** For the reader of the registry: the end of the topic was read. */
  readonly onRead = (registry: Records): void => {
    const isReplaced = this.#registry !== undefined && this.#registry !== registry
    const changed = isReplaced ? undefined : [...this.#changed]
    this.#registry = registry
    this.#changed.clear()
    if (changed?.length !== 0) this.#onChange(changed)
  }

  /** The name of the vehicle's device; null if it has none, or if the name is the vin. */
  readonly nameOf = (vin: string): string | null => this.labelOf(vin).name ?? null

  readonly labelOf = (vin: string): DeviceLabel => {
    const device = this.#registry?.record(vin)
    if (device === undefined || device.removed) return {}
    const { name, aliases } = device
    return { ...(name !== vin && { name }), ...(aliases.length > 0 && { aliases }) }
  }

  /**
   * Whether the device of the vehicle was removed, and has not reported since.
   *
   * @param receivedAt when its last reading was received
   */
  isRemoved(vin: string, receivedAt: Micros): boolean {
    const device = this.#registry?.record(vin)
    return device?.removed === true && receivedAt < device.changedAt + removalMicros
  }
}
