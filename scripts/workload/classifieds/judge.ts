import type { Place } from './account.ts'
import type { RowContent } from './content.ts'
import { refusalOf, rowValues } from './content.ts'
import { expectedDuplicates, winnerOf } from './conflicts.ts'
import type { FoundRow, Outcome, Outcomes } from './found.ts'
import type { TestedPipeline } from './pipelines.ts'
import type { TopicRecord } from './read-topic.ts'

/** Compares what a pipeline has made of the records with what it should have made of them. */

type RowRecord = TopicRecord & { readonly content: RowContent }

export type PipelineEvidence = {
  readonly pipeline: TestedPipeline
  readonly records: readonly TopicRecord[]
  readonly outcomes: Outcomes
  readonly rows: AsyncIterable<FoundRow> | Iterable<FoundRow>
}

/** What is wrong, in as many examples as are useful. */
const maxExamples = 5

export class PipelineJudgement {
  /** Numbers of the records that have no effect. */
  readonly lost = new Set<number>()
  /**
   * How many rows, outcomes and dead letters exist twice, or are not explained by a record, by the sentence
   * about them.
   */
  readonly duplicatesBySentence = new Map<string, number>()
  /** Sentences about what is wrong. */
  readonly findings: string[] = []
  readonly #name: string

  constructor({ name }: TestedPipeline) {
    this.#name = name
  }

  addLost({ unit, ...place }: TopicRecord, what: string): void {
    this.lost.add(unit)
    this.find(`${describe(place)}: ${what}`)
  }

  get duplicates(): number {
    return sumOf(this.duplicatesBySentence)
  }

  addDuplicates(count: number, what: string): void {
    this.duplicatesBySentence.set(this.#sentence(what), count)
    this.find(what)
  }

  find(what: string): void {
    if (this.findings.length < maxExamples) this.findings.push(this.#sentence(what))
  }

  #sentence(what: string): string {
    return `${this.#name}: ${what}`
  }
}

export function sumOf(counts: ReadonlyMap<unknown, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0)
}

const describe = ({ partition, offset }: Place): string =>
  `partition ${partition}, offset ${offset}`

/** Judges the outcome of each record, and the rows before the records that are held back are redriven. */
export async function judgePipeline(evidence: PipelineEvidence): Promise<PipelineJudgement> {
  const { pipeline, records, outcomes } = evidence
  const judgement = new PipelineJudgement(pipeline)
  for (const record of records) judgeRecord(evidence, record, judgement)
  const byKey = groupByKey(pipeline, records)
  for (const group of byKey.values()) judgeOutcomes({ pipeline, outcomes }, group, judgement)
  const isHeld = ({ content }: RowRecord): boolean => content.form === 'held' && pipeline.holdsBack
  await judgeRows(evidence, withoutHeld(byKey, isHeld), judgement)
  return judgement
}

/** Judges the rows and the dead letters after those of the held records were redriven. */
export async function judgeRedriven(evidence: PipelineEvidence): Promise<PipelineJudgement> {
  const { pipeline, records, outcomes } = evidence
  const judgement = new PipelineJudgement(pipeline)
  const byKey = groupByKey(pipeline, records)
  await judgeRows(evidence, byKey, judgement)
  for (const letter of outcomes.letters) {
    if (letter.code === heldCode && letter.redrivenAs === null)
      judgement.find(`the dead letter of ${describe(letter)} is still open after the redrive`)
  }
  for (const group of byKey.values()) judgeRedrivenKey({ pipeline, outcomes }, group, judgement)
  return judgement
}

type Group = readonly RowRecord[]
type GroupEvidence = Pick<PipelineEvidence, 'pipeline' | 'outcomes'>

/** The code of a dead letter that a constraint of the table has caused. */
export const heldCode = 'refused-by-database'

const isLetter = (outcome: Outcome | 'stored'): outcome is Exclude<Outcome, string> =>
  typeof outcome !== 'string'

/** A record has one outcome. Garbage has one dead letter with its reason. */
function judgeRecord(
  { pipeline, outcomes }: GroupEvidence,
  record: TopicRecord,
  judgement: PipelineJudgement,
): void {
  const found = outcomes.at(record)
  const [outcome] = found
  if (outcome === undefined || outcome === 'expired') {
    judgement.addLost(record, `the record is ${outcome ?? 'not settled'}`)
    return
  }
  if (found.length > 1)
    judgement.addDuplicates(found.length - 1, `${describe(record)} has ${found.length} outcomes`)
  const code = refusalOf(pipeline, record.content)
  if (code === undefined) return
  if (!isLetter(outcome))
    judgement.addLost(record, `the record is ${outcome}, not a dead letter with the reason ${code}`)
  else if (outcome.code !== code)
    judgement.find(`${describe(record)}: the reason is ${outcome.code}, not ${code}`)
}

/** The records of each advertisement that the pipeline can store, in the order of the topic. */
function groupByKey(
  pipeline: TestedPipeline,
  records: readonly TopicRecord[],
): Map<number, RowRecord[]> {
  const byKey = new Map<number, RowRecord[]>()
  for (const record of records) {
    const { content } = record
    if (content.form === 'garbage' || refusalOf(pipeline, content) !== undefined) continue
    const group = byKey.get(content.key) ?? []
    group.push({ ...record, content })
    byKey.set(content.key, group)
  }
  return byKey
}

function withoutHeld(
  byKey: ReadonlyMap<number, Group>,
  isHeld: (record: RowRecord) => boolean,
): Map<number, Group> {
  const shown = [...byKey].map(
    ([key, group]) => [key, group.filter((record) => !isHeld(record))] as const,
  )
  return new Map(shown.filter(([, group]) => group.length > 0))
}

/** Of the records of an advertisement one adds the row, and the others change it or are duplicates. */
function judgeOutcomes(
  { pipeline, outcomes }: GroupEvidence,
  group: Group,
  judgement: PipelineJudgement,
): void {
  const isHeld = ({ content }: RowRecord): boolean => content.form === 'held' && pipeline.holdsBack
  judgeHeld(outcomes, group.filter(isHeld), judgement)
  const shown = group.filter((record) => !isHeld(record))
  if (shown[0] === undefined) return
  for (const record of shown) {
    const letter = outcomes.at(record).find(isLetter)
    if (letter) judgement.addLost(record, `it is a dead letter with the reason ${letter.code}`)
  }
  const found = shown.flatMap((record) => outcomes.at(record))
  judgeStored(shown[0], found.filter((outcome) => outcome === 'stored').length, judgement)
  const duplicates = found.filter((outcome) => outcome === 'duplicate').length
  const [least, most] = expectedDuplicates(pipeline.rule, shown)
  if (duplicates < least || duplicates > most) {
    judgement.find(
      `the key of ${describe(shown[0])} has ${duplicates} duplicates; expected ${least} to ${most}: updates are counted wrong`,
    )
  }
}

/** @param stored how many records of the key are counted as stored */
function judgeStored(first: RowRecord, stored: number, judgement: PipelineJudgement): void {
  if (stored === 0) judgement.addLost(first, 'no record of this key is counted as stored')
  if (stored <= 1) return
  const what = `${stored} records of the key of ${describe(first)} are counted as stored`
  judgement.addDuplicates(stored - 1, what)
}

/** The held records of an advertisement become dead letters. A copy may be a duplicate of another one. */
function judgeHeld(outcomes: Outcomes, held: Group, judgement: PipelineJudgement): void {
  const [first] = held
  if (first === undefined) return
  const found = held.flatMap((record) =>
    outcomes.at(record).map((outcome) => ({ record, outcome })),
  )
  const letters = found.filter(({ outcome }) => isLetter(outcome) && outcome.code === heldCode)
  if (letters.length === 0)
    judgement.addLost(first, `the record has no dead letter with the reason ${heldCode}`)
  for (const { record, outcome } of found) {
    if (isLetter(outcome) || (outcome === 'duplicate' && held.length > 1)) continue
    judgement.find(`${describe(record)}: the refused record is counted as ${outcome}`)
  }
}

/** The row of each advertisement has the values of the record that the conflict rule prefers. */
async function judgeRows(
  { pipeline, rows }: PipelineEvidence,
  byKey: ReadonlyMap<number, Group>,
  judgement: PipelineJudgement,
): Promise<void> {
  const missing = new Map(byKey)
  for await (const row of rows) {
    const group = missing.get(row.key)
    missing.delete(row.key)
    if (group === undefined) {
      judgement.addDuplicates(1, `no record explains the row of advertisement ${row.key}`)
      continue
    }
    const winner = winnerOf(pipeline.rule, group)
    if (winner === undefined) continue
    if (isRowOf(pipeline, row, winner)) {
      if (!isWrittenFrom(row, group, winner))
        judgement.find(`the row of advertisement ${row.key} names another record`)
      continue
    }
    judgement.addLost(winner, 'the row of its key has the values of another record')
    judgement.addDuplicates(1, `the row of advertisement ${row.key} has wrong values`)
  }
  for (const group of missing.values()) {
    const winner = winnerOf(pipeline.rule, group)
    if (winner) judgement.addLost(winner, 'its key has no row')
  }
}

function isRowOf(pipeline: TestedPipeline, { values }: FoundRow, { content }: RowRecord): boolean {
  const expected = rowValues(pipeline, content)
  return expected.length === values.length && expected.every((value, at) => value === values[at])
}

/** Whether the position in the row is that of the winner, or of a copy of it. */
function isWrittenFrom({ place }: FoundRow, group: Group, { content }: RowRecord): boolean {
  return group.some(
    (record) =>
      record.content.rank === content.rank &&
      record.partition === place.partition &&
      record.offset === place.offset,
  )
}

/** What the redrive made of the held records of an advertisement. */
function judgeRedrivenKey(
  { pipeline, outcomes }: GroupEvidence,
  group: Group,
  judgement: PipelineJudgement,
): void {
  const held = group.filter(({ content }) => content.form === 'held')
  const [first] = held
  if (first === undefined || !pipeline.holdsBack) return
  const others = group.filter(({ content }) => content.form !== 'held')
  const expected = expectedRedrive(first, others)
  const letters = held.flatMap((record) => outcomes.at(record).filter(isLetter))
  const kinds = letters.map(({ redrivenAs }) => redrivenAs)
  const isRight =
    kinds.includes(expected) && kinds.every((kind) => kind === expected || kind === 'duplicate')
  if (isRight || letters.length === 0) return
  judgement.find(
    `the dead letter of ${describe(first)} was redriven as ${kinds.join(', ')}; expected ${expected}`,
  )
}

function expectedRedrive(held: RowRecord, others: Group): 'stored' | 'updated' | 'superseded' {
  if (others.length === 0) return 'stored'
  const isNewer = others.some(({ content }) => content.rank > held.content.rank)
  return isNewer ? 'superseded' : 'updated'
}
