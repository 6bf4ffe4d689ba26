import { UserError } from '../../infra/checks/user-error.ts'
import { toReceipt } from '../../services/ledger/receipt.ts'
import { print, printJson, printProgress } from '../cli/output.ts'
import { stillDeadTable, countLetters, formatCount, formatReasons } from './text.ts'
import type { RedriveTally } from './redrive.ts'
import { addToTally, emptyTally, forEachBatch, countStillDead } from './redrive.ts'
import type { DeadLettersRequest } from './request.ts'
import type { Choice, Session, Verb } from './session.ts'
import { chooseLetters } from './session.ts'

/** The subcommands that change dead letters: redrive and discard. */

type RedriveRequest = Extract<DeadLettersRequest, { kind: 'redrive' }>
type DiscardRequest = Extract<DeadLettersRequest, { kind: 'discard' }>

/** Why a command ended early; undefined if it is complete. */
type StopReason = string | undefined

const redriving: Verb = {
  label: 'Redrive',
  // A discarded one can be redriven if it is named by id.
  states: ['open', 'discarded'],
  isAlreadyDone: ({ state }) => state === 'redriven',
}

const discarding: Verb = {
  label: 'Discard',
  states: ['open'],
  isAlreadyDone: ({ id, state }) => {
    if (state !== 'redriven') return state === 'discarded'
    throw new UserError(`Dead letter ${id} was redriven already and cannot be discarded.`)
  },
}

/** Exit code 0 if no chosen dead letter remains. */
export async function redrive(session: Session, request: RedriveRequest): Promise<number> {
  const choice = await chooseLetters(session, request, redriving)
  if (choice === undefined) return reportDeclined()
  const redriver = session.pipeline.createRedriver(session.pool, choice.filter.states)
  const tally = emptyTally()
  const stopReason = await untilStopped(session, choice, async (ids) => {
    addToTally(tally, await redriver.redrive(ids))
  })
  const show = session.json ? showRedriveJson : showRedrive
  show(choice, tally, stopReason)
  return stopReason === undefined && countStillDead(tally) === 0 ? 0 : 1
}

export async function discard(session: Session, request: DiscardRequest): Promise<number> {
  const choice = await chooseLetters(session, request, discarding)
  if (choice === undefined) return reportDeclined()
  let discarded = 0
  const stopReason = await untilStopped(session, choice, async (ids) => {
    discarded += await session.letters.discard(ids, request.reasonText)
  })
  const { count, alreadyDone } = choice
  if (session.json) {
    printJson({
      chosen: count,
      discarded,
      alreadyDiscarded: alreadyDone,
      stopped: stopReason ?? null,
    })
  } else {
    const already = alreadyDone === 0 ? '' : ` ${formatCount(alreadyDone)} were discarded before.`
    print(`${countLetters(discarded)} discarded.${already}`)
    if (stopReason !== undefined) print(stopReason)
  }
  return stopReason === undefined ? 0 : 1
}

function reportDeclined(): number {
  printProgress('Nothing was changed.')
  return 1
}

/** Works batch by batch. Finished batches are kept if it ends early. */
async function untilStopped(
  { letters, signal }: Session,
  choice: Choice,
  work: (ids: readonly number[]) => Promise<void>,
): Promise<StopReason> {
  let done = 0
  const counting = async (ids: readonly number[]): Promise<void> => {
    await work(ids)
    done += ids.length
    showProgress(done, choice.count)
  }
  try {
    await forEachBatch(letters, choice, { work: counting, signal })
  } catch (error) {
    if (isBug(error)) throw error
    return `Stopped: ${(error as Error).message}. Finished batches are kept. Run the command again for the rest.`
  }
  if (!signal.aborted || done === choice.count) return undefined
  return 'Stopped. Finished batches are kept. Run the command again for the rest.'
}

/** Errors of the language are bugs. All others come from the database or its connection. */
export function isBug(error: unknown): boolean {
  return [TypeError, RangeError, ReferenceError].some((kind) => error instanceof kind)
}

function showProgress(done: number, all: number): void {
  if (!process.stderr.isTTY || done === all) return
  process.stderr.write(`\r${formatCount(done)} of ${formatCount(all)}`)
}

function showRedrive(
  { count, alreadyDone }: Choice,
  tally: RedriveTally,
  stopReason: StopReason,
): void {
  const { stored, updated, superseded, duplicate, stillDead, named } = tally
  const remaining = countStillDead(tally)
  const reasons = remaining === 0 ? '' : ` (${formatReasons(stillDead)})`
  const parts = [
    `${formatCount(stored)} stored`,
    ...(updated === 0 ? [] : [`${formatCount(updated)} have changed a row`]),
    ...(superseded === 0 ? [] : [`${formatCount(superseded)} are older than their row`]),
    `${formatCount(duplicate)} already stored`,
    `${formatCount(remaining)} still dead letters${reasons}`,
  ]
  print(`Of ${countLetters(count)}: ${parts.join(', ')}.`)
  if (alreadyDone > 0) print(`${formatCount(alreadyDone)} were redriven before.`)
  if (named.length > 0) print(`\n${stillDeadTable(named)}`)
  if (remaining > named.length)
    print(
      `... and ${formatCount(remaining - named.length)} more. npm run dead-letters -- list shows them.`,
    )
  if (stopReason !== undefined) print(stopReason)
}

function showRedriveJson(choice: Choice, tally: RedriveTally, stopReason: StopReason): void {
  const { stored, updated, superseded, duplicate, stillDead, named } = tally
  printJson({
    chosen: choice.count,
    stored,
    updated,
    superseded,
    duplicate,
    stillDead: countStillDead(tally),
    reasons: Object.fromEntries(stillDead),
    letters: named.map(({ id, position, code, detail }) => ({
      id,
      receipt: toReceipt(position),
      reason: code,
      detail,
    })),
    alreadyRedriven: choice.alreadyDone,
    stopped: stopReason ?? null,
  })
}
