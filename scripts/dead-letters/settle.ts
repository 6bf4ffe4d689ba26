import { UserError } from '../../infra/checks/user-error.ts'
import { ReadingSink } from '../../services/adapters/postgres/readings/reading-sink.ts'
import { PostgresRedriveStore } from '../../services/adapters/postgres/dead-letters/redrive-store.ts'
import { readingsPipeline } from '../../services/telemetry/pipeline.ts'
import { microsecondsPerDay } from '../../services/telemetry/reading/reading.ts'
import { toReceipt } from '../../services/ledger/receipt.ts'
import { print, printJson, printProgress } from '../cli/output.ts'
import { keptTable, countLetters, number, reasonsInWords } from './text.ts'
import type { RedriveTally } from './redrive.ts'
import { addTo, emptyTally, inBatches, judgeWith, keptIn } from './redrive.ts'
import type { DeadLettersRequest } from './request.ts'
import type { Choice, Session, Verb } from './session.ts'
import { choose } from './session.ts'

/** What changes dead letters: putting them back, giving them up. */

type RedriveRequest = Extract<DeadLettersRequest, { kind: 'redrive' }>
type DiscardRequest = Extract<DeadLettersRequest, { kind: 'discard' }>

/** Why a command ended before all was done; undefined where it did not. */
type Stopped = string | undefined

const redriving: Verb = {
  word: 'Redrive',
  // A discarded one that is named is meant after all.
  states: ['open', 'discarded'],
  isDone: ({ state }) => state === 'redriven',
}

const discarding: Verb = {
  word: 'Discard',
  states: ['open'],
  isDone: ({ id, state }) => {
    if (state !== 'redriven') return state === 'discarded'
    throw new UserError(`The dead letter ${id} has been redriven: there is nothing to discard.`)
  },
}

/** Exit code 0 when none of those meant stays a dead letter. */
export async function redrive(session: Session, request: RedriveRequest): Promise<number> {
  const choice = await choose(session, request, redriving)
  if (choice === undefined) return saidNo()
  const { table, retentionDays } = session.config.postgres
  const store = new PostgresRedriveStore(session.pool, {
    pipeline: readingsPipeline,
    sink: new ReadingSink(session.pool, table),
    decode: judgeWith(retentionDays * microsecondsPerDay),
    states: choice.filter.states,
  })
  const tally = emptyTally()
  const stopped = await untilStopped(session, choice, async (ids) => {
    addTo(tally, await store.redrive(ids))
  })
  const show = session.json ? showRedriveJson : showRedrive
  show(choice, tally, stopped)
  return stopped === undefined && keptIn(tally) === 0 ? 0 : 1
}

export async function discard(session: Session, request: DiscardRequest): Promise<number> {
  const choice = await choose(session, request, discarding)
  if (choice === undefined) return saidNo()
  let discarded = 0
  const stopped = await untilStopped(session, choice, async (ids) => {
    discarded += await session.letters.discard(ids, request.reasonText)
  })
  const { count, alreadyDone } = choice
  if (session.json) {
    printJson({ chosen: count, discarded, alreadyDiscarded: alreadyDone, stopped: stopped ?? null })
  } else {
    const already = alreadyDone === 0 ? '' : ` ${number(alreadyDone)} had been before.`
    print(`${countLetters(discarded)} discarded.${already}`)
    if (stopped !== undefined) print(stopped)
  }
  return stopped === undefined ? 0 : 1
}

function saidNo(): number {
  printProgress('Nothing was changed.')
  return 1
}

/** Batch after batch; what has been done stays done, whatever ends it early. */
async function untilStopped(
  { letters, signal }: Session,
  choice: Choice,
  work: (ids: readonly number[]) => Promise<void>,
): Promise<Stopped> {
  let done = 0
  const counting = async (ids: readonly number[]): Promise<void> => {
    await work(ids)
    done += ids.length
    showProgress(done, choice.count)
  }
  try {
    await inBatches(letters, choice, { work: counting, signal })
  } catch (error) {
    if (isBug(error)) throw error
    return `Stopped: ${(error as Error).message}. What is done is done; run it again for the rest.`
  }
  if (!signal.aborted || done === choice.count) return undefined
  return 'Stopped. What is done is done; run it again for the rest.'
}

/** Errors of the language are ours; all others here come from the database or the way to it. */
export function isBug(error: unknown): boolean {
  return [TypeError, RangeError, ReferenceError].some((kind) => error instanceof kind)
}

function showProgress(done: number, all: number): void {
  if (!process.stderr.isTTY || done === all) return
  process.stderr.write(`\r${number(done)} of ${number(all)}`)
}

function showRedrive({ count, alreadyDone }: Choice, tally: RedriveTally, stopped: Stopped): void {
  const { stored, duplicate, kept, named } = tally
  const stays = keptIn(tally)
  const reasons = stays === 0 ? '' : ` (${reasonsInWords(kept)})`
  const parts = [
    `${number(stored)} stored`,
    `${number(duplicate)} there already`,
    `${number(stays)} still dead letters${reasons}`,
  ]
  print(`Of ${countLetters(count)}: ${parts.join(', ')}.`)
  if (alreadyDone > 0) print(`${number(alreadyDone)} had been redriven before.`)
  if (named.length > 0) print(`\n${keptTable(named)}`)
  if (stays > named.length) print(`... and ${number(stays - named.length)} more: list shows them.`)
  if (stopped !== undefined) print(stopped)
}

function showRedriveJson(choice: Choice, tally: RedriveTally, stopped: Stopped): void {
  const { stored, duplicate, kept, named } = tally
  printJson({
    chosen: choice.count,
    stored,
    duplicate,
    stillDead: keptIn(tally),
    reasons: Object.fromEntries(kept),
    letters: named.map(({ id, position, code, detail }) => ({
      id,
      receipt: toReceipt(position),
      reason: code,
      detail,
    })),
    alreadyRedriven: choice.alreadyDone,
    stopped: stopped ?? null,
  })
}
