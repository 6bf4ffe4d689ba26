import { createInterface } from 'node:readline'
import type pg from 'pg'
import { UserError } from '../../infra/checks/user-error.ts'
import type { KafkaSettings } from '../../services/adapters/kafka/client.ts'
import type {
  DeadLetterCount,
  PostgresDeadLetterStore,
} from '../../services/adapters/postgres/dead-letters/dead-letter-store.ts'
import type { DeadLetter } from '../../services/ledger/dead-letter.ts'
import { toReceipt } from '../../services/ledger/receipt.ts'
import { countLetters, formatCount, formatReasons } from './text.ts'
import type { LetterPipeline } from './letter-pipeline.ts'
import type { ChosenLetters } from './redrive.ts'
import type { Reference, Selection } from './request.ts'

/** What every subcommand of `npm run dead-letters` needs. */
export type Session = {
  readonly kafka: () => Promise<KafkaSettings>
  readonly pool: pg.Pool
  readonly pipeline: LetterPipeline
  readonly letters: PostgresDeadLetterStore
  readonly json: boolean
  /** Aborts when the command is interrupted. The current batch is finished. */
  readonly signal: AbortSignal
}

/** @throws UserError if the dead letter does not exist */
export async function findLetter(session: Session, reference: Reference): Promise<DeadLetter> {
  const letter = await session.letters.find(reference)
  if (letter) return letter
  const shown = typeof reference === 'number' ? String(reference) : toReceipt(reference)
  throw new UserError(
    `Dead letter ${shown} does not exist. npm run dead-letters -- list --all shows all.`,
  )
}

/** How a subcommand treats dead letters that are named by id. */
export type Verb = {
  /** e.g. `Redrive`. */
  readonly label: string
  readonly states: ChosenLetters['filter']['states']
  /** Whether nothing is left to do. @throws UserError if the action is impossible. */
  readonly isAlreadyDone: (letter: DeadLetter) => boolean
}

export type Choice = ChosenLetters & {
  /** Number of named dead letters for which nothing is left to do. */
  readonly alreadyDone: number
}

/**
 * Counts the dead letters of a subcommand. For a selection by filters it asks for confirmation; a
 * selection by ids needs none.
 *
 * @returns undefined if the user declines
 * @throws UserError if a named one does not exist, or without a terminal to ask
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

/** @throws UserError without a terminal to ask */
export async function askConfirmation({ json }: Session, question: string): Promise<boolean> {
  if (json || !process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UserError(`${question}? There is no terminal to ask for confirmation. Add --yes.`)
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await new Promise<string>((resolve) => {
      prompt.question(`${question}? [y/N] `, resolve)
      // Ctrl-C and the end of the input mean no.
      prompt.once('close', () => {
        resolve('')
      })
    })
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    prompt.close()
  }
}
