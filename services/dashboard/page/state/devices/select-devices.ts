import type { Device } from '../../../api/devices.ts'

/** More rows would make the page slow. */
const maxShown = 100

export type ShownDevices = {
  readonly shown: readonly Device[]
  /** What the list does not show, and what to do; empty if it shows all. */
  readonly remark: string
}

/** The devices of the list that contain the searched text in their name, their vin or an alias. */
export function selectDevices(devices: readonly Device[], searched: string): ShownDevices {
  const text = searched.trim().toLowerCase()
  const found = devices.filter(({ vin, name, aliases }) =>
    [vin, name, ...aliases].some((each) => each.toLowerCase().includes(text)),
  )
  return { shown: found.slice(0, maxShown), remark: remarkOn(devices.length, found.length) }
}

function remarkOn(known: number, found: number): string {
  if (known === 0) return 'There is no device yet.'
  if (found === 0) return 'No device has this name, vehicle id or alias.'
  return found > maxShown ? `${maxShown} of ${found} devices are shown. Search for the others.` : ''
}
