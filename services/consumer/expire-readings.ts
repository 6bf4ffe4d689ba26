import type { ReadingStore } from '../telemetry/ports.ts'
import { oldestKeptDay, refuseExpired } from '../telemetry/retention.ts'
import type { Clock } from './clock.ts'

/**
 * A store for which readings of days that are no longer kept are dead letters. A batch is judged
 * at each try: one that has waited out an outage of days is not what it was.
 */
export function refusingExpired(store: ReadingStore, now: Clock, retention: number): ReadingStore {
  return {
    write: (batch, path) =>
      store.write(refuseExpired(batch, oldestKeptDay(now() * 1000, retention)), path),
  }
}
