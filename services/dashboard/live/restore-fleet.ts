import type { PostgresVehicleStore } from '../../adapters/postgres/readings/vehicle-store.ts'
import type { Logger } from '../../runtime/logger.ts'
import { errorFields } from '../../runtime/logger.ts'
import { retryForever } from '../../runtime/retry.ts'
import type { LiveFleet } from './live-fleet.ts'

export type RestoreFleetOptions = {
  readonly store: PostgresVehicleStore
  readonly fleet: LiveFleet
  readonly maxVehicles: number
  readonly logger: Logger
}

/**
 * Reads the latest reading of every vehicle from the table into the fleet. Retries until the table
 * can be read or the signal aborts. Never rejects.
 */
export async function restoreFleet(
  options: RestoreFleetOptions,
  signal: AbortSignal,
): Promise<void> {
  const { store, fleet, maxVehicles, logger } = options
  const onFailure = (error: unknown): void => {
    logger.warn(errorFields(error), 'fleet-not-recalled')
  }
  const retry = { firstMs: 500, maxMs: 10_000, signal, onFailure }
  const latest = await retryForever(() => store.latest(maxVehicles), retry).catch(() => [])
  // Oldest first, as if the vehicles had reported in this order.
  for (const reading of latest.reverse()) fleet.restore(reading)
  logger.info({ vehicles: latest.length }, 'fleet-recalled')
}
