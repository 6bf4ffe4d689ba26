import { escapeControls } from '../../services/runtime/process/printable.mjs'
import type { LogStart } from '../../services/adapters/postgres/ledger/ledger-store.ts'

/** Why a log began after another one, and what that means for the readings. */
export function describeLaterLog({ id, reason, beganAt }: LogStart): string {
  return `Log ${id} began at ${beganAt.toISOString()}: ${escapeControls(reason)}. Readings that were only in Kafka are lost; rows in the table are kept.`
}
