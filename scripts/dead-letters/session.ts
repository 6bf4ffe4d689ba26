import { createInterface } from 'node:readline'
import type pg from 'pg'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { UserError } from '../../infra/checks/user-error.ts'
import type {
  DeadLetterCount,
  PostgresDeadLetterStore,
} from '../../services/adapters/postgres/dead-letters/dead-letter-store.ts'
import type { DeadLetter } from '../../services/ledger/dead-letter.ts'
import { toReceipt } from '../../services/ledger/receipt.ts'
import { countLetters, formatCount, formatReasons } from './text.ts'
import type { ChosenLetters } from './redrive.ts'
import type { Reference, Selection } from './request.ts'

/** What every part of `npm run dead-letters` works with. */
export type Session = {
  readonly config: PlatformConfig
  readonly pool: pg.Pool
  readonly letters: PostgresDeadLetterStore
  readonly json: boolean
  /** Aborts when the command is to stop; what is under way is finished. */
  readonly signal: AbortSignal
}

/** @throws UserError where there is no such dead letter */
export async function findLetter(session: Session, reference: Reference): Promise<DeadLetter> {
  const letter = await session.letters.find(reference)
  if (letter) return letter
  const shown = typeof reference === 'number' ? String(reference) : toReceipt(reference)
  throw new UserError(`There is no dead letter ${shown}: list --all shows those there are.`)
}

/** What a verb makes of letters that are named and not open. */
export type Verb = {
  /** e.g. `Redrive`. */
  readonly label: string
  readonly states: ChosenLetters['filter']['states']
  /** True where it is done already; throws where it cannot be. */
  readonly isAlreadyDone: (letter: DeadLetter) => boolean
}

export type Choice = ChosenLetters & {
  /** Those named for which there is nothing to do. */
  readonly alreadyDone: number
}

/**
 * The letters that a verb is for, counted. Of those that match by filters the person is asked
 * first; those named one by one are meant.
 *
 * @returns undefined where the person says no
 * @throws UserError where one that is named cannot be, or where nobody can be asked
 */
export async function chooseLetters(
  session: Session,
  { selection, yes }: { readonly selection: Selection; readonly yes: boolean },
  verb: Verb,
): Promise<Choice | undefined> {
  if (selection.kind === 'named') return chooseNamed(session, selection.references, verb)
  const { filter, atMost } = selection
  const counts = await session.letters.counts(filter)
  const matching = counts.reduce((sum, { count }) => sum + count, 0)
  const upTo = Math.max(0, ...counts.map(({ lastId }) => lastId))
  const choice = { filter, count: Math.min(matching, atMost), upTo, alreadyDone: 0 }
  if (choice.count === 0 || yes) return choice
  const description = `${countLetters(matching)} (${formatReasons(byReason(counts))})`
  const part = choice.count < matching ? `the oldest ${formatCount(choice.count)} of ` : ''
  return (await askConfirmation(session, `${verb.label} ${part}${description}`))
    ? choice
    : undefined
}

async function chooseNamed(
  session: Session,
  references: readonly Reference[],
  { states, isAlreadyDone }: Verb,
): Promise<Choice> {
  const ids = new Set<number>()
  const done = new Set<number>()
  for (const reference of references) {
    const letter = await findLetter(session, reference)
    const among = isAlreadyDone(letter) ? done : ids
    among.add(letter.id)
  }
  const filter = { states, ids: [...ids] }
  return { filter, count: ids.size, upTo: Math.max(0, ...ids), alreadyDone: done.size }
}

function byReason(counts: readonly DeadLetterCount[]): Map<string, number> {
  return new Map(counts.map(({ code, count }) => [code, count]))
}

async function askConfirmation({ json }: Session, question: string): Promise<boolean> {
  if (json || !process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UserError(`${question}? Nobody can be asked here: add --yes.`)
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await new Promise<string>((resolve) => {
      prompt.question(`${question}? [y/N] `, resolve)
      // Ctrl-C and the end of the input are a no.
      prompt.once('close', () => {
        resolve('')
      })
    })
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    prompt.close()
  }
}
