import type { WaitingVehicle } from '../../../api/devices.ts'
import { formatAge } from '../format.ts'

/** @param now the server's time, milliseconds since the Unix epoch */
export function waitingText({ requests, lastSeenAt }: WaitingVehicle, now: number): string {
  const count = requests === 1 ? '1 request' : `${requests} requests`
  return `${count}, the last one ${formatAge(now - Date.parse(lastSeenAt))}`
}

/** Why these vehicles wait, and how to add one. */
export function waitingHint(mayChange: boolean): string {
  const how = mayChange
    ? 'Press “Add” to add a device for one of them. You then get the token for its app.'
    : '`npm run devices -- admit ID` adds a device for one of them, and prints the token for its app.'
  return `These vehicles have no device, so their requests are refused. ${how}`
}

const vinPattern = /^[A-Za-z0-9-]{1,32}$/

/** The device for a vehicle that waits. An id that is no vin becomes an alias of a vin that is made from it. */
export function deviceFor(id: string): { vin: string } | { name: string; aliases: string[] } {
  return vinPattern.test(id) ? { vin: id } : { name: id, aliases: [id] }
}
