import type { PostgresLedgerStore } from '../adapters/postgres/ledger/ledger-store.ts'
import type { LedgerPosition } from '../ledger/ledger.ts'
import type { KnownLog, LogIdentity, ObservedTopic } from '../ledger/log-identity.ts'
import type { Logger } from '../runtime/logger.ts'
import { sleep } from '../runtime/retry.ts'

type Options = {
  readonly topic: string
  readonly identity: Pick<LogIdentity, 'newLogReason'>
  /** Asks Kafka for the state of the topic. */
  readonly observe: () => Promise<ObservedTopic>
  readonly ledgers: PostgresLedgerStore
  readonly logger: Logger
}

/**
 * A broker that has just restarted may report too few records for a moment. A known log has ended
 * only if this many checks in a row, one second apart, find a different log.
 */
const checksBeforeNewLog = 6

/** The log of the existing topic. If it is not the known log, a new log is registered. */
export async function determineLog(options: Options): Promise<KnownLog> {
  const { topic, identity, observe, ledgers, logger } = options
  for (let check = 1; ; check += 1) {
    const current = await ledgers.currentLog(topic)
    const observed = await observe()
    const known = current && { ...current, positions: await positionsOf(current.id, ledgers) }
    const reason = identity.newLogReason(known, observed)
    if (known && reason === undefined) return known
    if (known === undefined || check >= checksBeforeNewLog) {
      const after = known?.id
      const { clusterId, topicId } = observed
      const begun = { clusterId, topicId, reason: reason ?? '', after }
      const { id } = await ledgers.beginLog(topic, begun)
      logNewLog(logger, { id, after, reason: begun.reason })
      return { id, clusterId, topicId, positions: new Map() }
    }
    await sleep(1_000)
  }
}

async function positionsOf(
  logId: number,
  ledgers: PostgresLedgerStore,
): Promise<Map<number, LedgerPosition>> {
  const ofLog = (await ledgers.ledgers()).filter((ledger) => ledger.logId === logId)
  // Provisioning reads no records. The consumers check whether the last ones exist.
  return new Map(
    ofLog.map(({ partition, nextOffset }) => [partition, { nextOffset, lastRecord: undefined }]),
  )
}

/** Logs the first log of a database as info, and every later one as an error. */
export function logNewLog(
  logger: Logger,
  begun: { id: number; after: number | undefined; reason: string },
): void {
  if (begun.after === undefined) logger.info(begun, 'log-begun')
  else logger.error(begun, 'new-log-begun')
}
