import type { SentMessage } from './account.ts'
import type { Kind } from './message.ts'
import { garbage } from './message.ts'

/** Compares what a pipeline has made of the messages with what it should have made of them. */

export type FoundTask = { readonly state: string; readonly code: string | null }

/** What a pipeline has made of the messages of a run, by unit. */
export type Effects = {
  readonly tasks: ReadonlyMap<string, FoundTask>
  /** Number of rows in the table. */
  readonly rows: ReadonlyMap<string, number>
  /** Codes of the dead letters. */
  readonly letters: ReadonlyMap<string, readonly string[]>
  /** Codes of the error envelopes by their id. A message that was sent to the topic again has the same id. */
  readonly envelopes: ReadonlyMap<string, ReadonlyMap<string, string>>
}

export type Evidence = Effects & {
  readonly pipeline: string
  readonly sent: Iterable<SentMessage>
  /** How often the topic holds each message. */
  readonly records: ReadonlyMap<string, number>
}

/** What is wrong, in as many examples as are useful. */
const maxExamples = 5

export class TaskJudgement {
  /** Acknowledged messages without their effect. */
  readonly lost = new Set<string>()
  /** Messages without their effect, acknowledged or not. */
  readonly missing = new Set<string>()
  /** Effects that exist twice, or that no message explains. */
  duplicates = 0
  readonly findings: string[] = []
  readonly #pipeline: string

  constructor(pipeline: string) {
    this.#pipeline = pipeline
  }

  miss({ unit, isAcknowledged }: SentMessage, what: string): void {
    this.missing.add(unit)
    if (!isAcknowledged) return
    this.lost.add(unit)
    this.find(unit, what)
  }

  addDuplicates(unit: string, count: number, what: string): void {
    this.duplicates += count
    this.find(unit, what)
  }

  find(unit: string, what: string): void {
    const isRoom = this.findings.length < maxExamples
    if (isRoom) this.findings.push(`${this.#pipeline}: message ${unit}: ${what}`)
  }
}

export function judgeTasks(evidence: Evidence): TaskJudgement {
  const judgement = new TaskJudgement(evidence.pipeline)
  const known = new Set<string>()
  for (const message of evidence.sent) {
    known.add(message.unit)
    judgeMessage(evidence, message, judgement)
  }
  for (const [unit, count] of evidence.rows)
    if (!known.has(unit)) judgement.addDuplicates(unit, count, 'it was never sent, but has a row')
  return judgement
}

function judgeMessage(evidence: Evidence, message: SentMessage, judgement: TaskJudgement): void {
  const { unit } = message
  const copies = evidence.records.get(unit) ?? 0
  if (copies === 0) judgement.miss(message, 'the topic does not hold it')
  const expected = copies === 0 ? nothing : expectedOf(message.kind, copies)
  const found = foundOf(evidence, unit)
  for (const [what, wanted] of Object.entries(expected.counts)) {
    const count = found.counts[what as keyof Counts]
    const sentence = `it has ${count} ${what} instead of ${wanted}`
    if (count < wanted) judgement.miss(message, sentence)
    if (count > wanted) judgement.addDuplicates(unit, count - wanted, sentence)
  }
  const odd = found.ends.find((end) => end !== expected.end)
  if (odd !== undefined) judgement.find(unit, `it ended as ${odd} instead of ${expected.end}`)
}

type Counts = Readonly<Record<'tasks' | 'rows' | 'dead letters' | 'error envelopes', number>>
/** @member end `complete`, or the code of the error */
type Expected = { readonly counts: Counts; readonly end: string }

const nothing: Expected = {
  counts: { tasks: 0, rows: 0, 'dead letters': 0, 'error envelopes': 0 },
  end: 'nothing',
}

/** @param copies how often the topic holds the message. Each record that is refused has a dead letter. */
function expectedOf(kind: Kind, copies: number): Expected {
  const wrong = typeof kind === 'number' ? garbage[kind] : undefined
  if (wrong === undefined)
    return { counts: { ...nothing.counts, tasks: 1, rows: 1 }, end: 'complete' }
  const { code: end, becomes } = wrong
  if (becomes === 'failed-task')
    return { counts: { ...nothing.counts, tasks: 1, 'error envelopes': 1 }, end }
  return { counts: { ...nothing.counts, 'dead letters': copies, 'error envelopes': copies }, end }
}

function foundOf({ tasks, rows, letters, envelopes }: Effects, unit: string) {
  const task = tasks.get(unit)
  const codes = letters.get(unit) ?? []
  const errors = [...(envelopes.get(unit)?.values() ?? [])]
  const counts: Counts = {
    ...{ tasks: task === undefined ? 0 : 1, rows: rows.get(unit) ?? 0 },
    ...{ 'dead letters': codes.length, 'error envelopes': errors.length },
  }
  return { counts, ends: [...(task === undefined ? [] : [endOf(task)]), ...codes, ...errors] }
}

/** A task that has not ended has its state. */
const endOf = ({ state, code }: FoundTask): string =>
  state === 'failed' ? (code ?? 'failed without a code') : state
