import { formatAge } from '../format.ts'
import type { KnownVehicle } from '../fleet.ts'

export type Arrival = {
  /** Whether a position has arrived since the setup was shown. */
  readonly isLive: boolean
  /** Changes only when the state does, so that screen readers read it once. */
  readonly text: string
  /** The age of the last position; empty if there is none. */
  readonly age: string
}

/**
 * What is known about the positions of a vehicle that is being connected.
 *
 * @param known its latest reading
 * @param since when the setup was shown, by the server's clock, milliseconds since the Unix epoch
 * @param now the server's time
 */
export function arrivalOf(known: KnownVehicle | undefined, since: number, now: number): Arrival {
  if (known === undefined)
    return { isLive: false, text: 'Waiting for its first position …', age: '' }
  const receivedAt = Date.parse(known.vehicle.receivedAt)
  const isLive = receivedAt >= since
  return {
    isLive,
    text: isLive ? 'Connected: a position has arrived.' : 'Waiting for a new position …',
    age: `Last position: ${formatAge(now - receivedAt)}`,
  }
}
