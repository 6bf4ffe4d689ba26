/** A vehicle without a device whose requests were refused, because `devices.unknown` is `ask`. */
export type WaitingVehicle = {
  /** The id as it was sent: a vin, or another id of an app. At most 128 characters. */
  readonly id: string
  /** Requests that were refused. */
  readonly requests: number
  /** ISO 8601. */
  readonly firstSeenAt: string
  readonly lastSeenAt: string
}

/** The path at the port of health and metrics of a producer. */
export const waitingVehiclesPath = '/waiting-vehicles'

const timeoutMs = 2_000

/**
 * The vehicles that wait at any of these producers, the last one first. A producer that does not answer is left out:
 * a vehicle repeats its requests.
 *
 * @param addresses `HOST:PORT` of health and metrics
 */
export async function readWaitingVehicles(addresses: readonly string[]): Promise<WaitingVehicle[]> {
  const lists = await Promise.all(addresses.map(readFrom))
  return mergeWaiting(lists.flat())
}

async function readFrom(address: string): Promise<readonly WaitingVehicle[]> {
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    const response = await fetch(`http://${address}${waitingVehiclesPath}`, { signal })
    if (!response.ok) return []
    const { waiting } = (await response.json()) as { waiting: readonly WaitingVehicle[] }
    return waiting
  } catch {
    return []
  }
}

/** One entry for each id, the last one first. */
export function mergeWaiting(vehicles: readonly WaitingVehicle[]): WaitingVehicle[] {
  const byId = new Map<string, WaitingVehicle>()
  for (const vehicle of vehicles) {
    const before = byId.get(vehicle.id)
    byId.set(vehicle.id, before === undefined ? vehicle : merged(before, vehicle))
  }
  return [...byId.values()].sort((a, b) => (a.lastSeenAt > b.lastSeenAt ? -1 : 1))
}

function merged(a: WaitingVehicle, b: WaitingVehicle): WaitingVehicle {
  return {
    id: a.id,
    requests: a.requests + b.requests,
    firstSeenAt: a.firstSeenAt < b.firstSeenAt ? a.firstSeenAt : b.firstSeenAt,
    lastSeenAt: a.lastSeenAt > b.lastSeenAt ? a.lastSeenAt : b.lastSeenAt,
  }
}
