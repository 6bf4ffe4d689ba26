import type { PostgresVehicleStore } from '../adapters/postgres/vehicle-store.ts'
import type { Log } from '../runtime/log.ts'
import { errorFields } from '../runtime/log.ts'
import { retryForever } from '../runtime/retry.ts'
import type { LiveFleet } from './live-fleet.ts'

export type RecallOptions = {
  readonly store: PostgresVehicleStore
  readonly fleet: LiveFleet
  readonly atMost: number
  readonly log: Log
}

/** Tells the fleet where the table has every vehicle last, as soon as it can be read. Never rejects. */
export async function recallFleet(options: RecallOptions, signal: AbortSignal): Promise<void> {
  const { store, fleet, atMost, log } = options
  const onFailure = (error: unknown): void => {
    log.warn(errorFields(error), 'fleet-not-recalled')
  }
  const retry = { first: 500, longest: 10_000, signal, onFailure }
  const latest = await retryForever(() => store.latest(atMost), retry).catch(() => [])
  // The latest comes last, as if they had been heard in this order.
  for (const reading of latest.reverse()) fleet.recall(reading)
  log.info({ vehicles: latest.length }, 'fleet-recalled')
}
