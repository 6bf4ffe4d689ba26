import { UserError } from '../../infra/checks/user-error.ts'
import { LedgerLock } from '../../services/adapters/postgres/ledger/ledger-lock.ts'
import { skipOffsets } from '../../services/adapters/postgres/ledger/skip-offsets.ts'
import { UnreadableStore } from '../../services/adapters/postgres/ledger/unreadable-store.ts'
import type { UnreadableOffsets } from '../../services/ledger/unreadable.ts'
import { createLogger } from '../../services/runtime/logger.ts'
import { print, printJson, printProgress } from '../cli/output.ts'
import { rangesOfTopic } from '../platform/kafka-queries.ts'
import type { DeadLettersRequest } from './request.ts'
import type { Session } from './session.ts'
import { askConfirmation } from './session.ts'
import { countLetters, formatCount } from './text.ts'

type SkipRequest = Extract<DeadLettersRequest, { kind: 'skip' }>

/** A transaction of a million dead letters takes about half a minute. */
const maxOffsets = 1_000_000

/**
 * Gives up offsets that Kafka's file of a partition does not let the consumers read. Each becomes a
 * dead letter, and the consumers go on behind them.
 */
export async function skip(session: Session, request: SkipRequest): Promise<number> {
  const { pipeline, pool, json } = session
  const { partition, first, last } = request
  const { topic } = pipeline
  if (topic === undefined)
    throw new UserError(
      `The pipeline ${pipeline.name} reads files. Only offsets of topics can be skipped.`,
    )
  const found = await new UnreadableStore(pool, pipeline.name).current(topic)
  const unreadable = checkFirst(found, request)
  await checkLast({ ...session, topic }, unreadable, request)
  const count = last - first + 1
  const question = `Give up ${formatCount(count)} ${pipeline.unit} of partition ${partition}, offsets ${first} to ${last}`
  if (!request.yes && !(await askConfirmation(session, question))) {
    printProgress('Nothing was changed.')
    return 1
  }
  const logger = createLogger('dead-letters', 'silent')
  const lock = new LedgerLock(pool, { pipeline: pipeline.name, logger, staleAfterSeconds: 10 })
  if (!(await skipOffsets(lock, pipeline.name, { ...unreadable, lastOffset: last }))) {
    throw new UserError(
      `A consumer has continued partition ${partition} meanwhile. Nothing was changed. Run npm run status.`,
    )
  }
  if (json) printJson({ log: unreadable.logId, partition, first, last, skipped: count })
  else print(`${countLetters(count)} written. The consumer continues at offset ${last + 1}.`)
  return 0
}

function checkFirst(
  found: readonly UnreadableOffsets[],
  { partition, first, last }: SkipRequest,
): UnreadableOffsets {
  const unreadable = found.find((offsets) => offsets.partition === partition)
  if (unreadable === undefined) {
    throw new UserError(
      `No consumer has found that partition ${partition} cannot be read. Only offsets that cannot be read can be skipped. npm run status shows them.`,
    )
  }
  if (first !== unreadable.firstOffset) {
    throw new UserError(
      `Partition ${partition} cannot be read at offset ${unreadable.firstOffset}. The range must start there, not at ${first}.`,
    )
  }
  if (last - first >= maxOffsets) {
    throw new UserError(
      `The range has ${formatCount(last - first + 1)} offsets. At most ${formatCount(maxOffsets)} can be skipped at once.`,
    )
  }
  return unreadable
}

async function checkLast(
  { kafka, topic: name }: Session & { readonly topic: string },
  { partition, lastOffset }: UnreadableOffsets,
  { last }: SkipRequest,
): Promise<void> {
  if (lastOffset !== undefined && last > lastOffset) {
    throw new UserError(
      `Partition ${partition} can be read again from offset ${lastOffset + 1} on. The range must end at ${lastOffset} or before.`,
    )
  }
  const topic = await rangesOfTopic(await kafka(), name)
  const range = topic.ranges[partition]
  if (range === undefined) {
    const reason = topic.isKnown ? `Kafka has no partition ${partition}.` : topic.reason
    throw new UserError(`${reason} The end of the partition is not known.`)
  }
  if (last >= range.high) {
    throw new UserError(
      `Partition ${partition} ends at offset ${range.high - 1}. The range must end there or before.`,
    )
  }
}
