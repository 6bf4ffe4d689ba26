import type { LogRange } from '../../../services/ledger/ledger.ts'
import type { Judgement } from '../workload.ts'
import type { PipelineLedgers } from './accounts.ts'
import { ledgerFaults, readLedgers, rowFaults } from './accounts.ts'
import { readOutcomes, readRows } from './found.ts'
import { redriveHeld } from './held-back.ts'
import type { PipelineJudgement } from './judge.ts'
import { judgePipeline, judgeRedriven, sumOf } from './judge.ts'
import type { TestedPipeline } from './pipelines.ts'
import { pipelines, topic } from './pipelines.ts'
import type { TopicContent, TopicRange } from './read-topic.ts'
import { readTopic } from './read-topic.ts'
import type { Run } from './run.ts'

/** Reads the topic and the tables, and compares them with what was sent. */
export async function judgeRun(run: Run): Promise<Judgement> {
  const { platform, account, kafka, admin, begun } = run
  const range = rangeOf(begun, await admin.ranges())
  const content = await readTopic(kafka, range, account)
  const result = new RunResult()
  result.addKafkaLosses(run, content)
  for (const [index, pipeline] of pipelines.entries())
    await judgeBefore(run, { pipeline, content, range, begun: begun[index] }, result)
  await redriveHeld(platform)
  for (const [index, pipeline] of pipelines.entries())
    await judgeAfter(run, { pipeline, content, range, begun: begun[index] }, result)
  return {
    acknowledged: account.acknowledged,
    stored: new Set(content.records.map(({ unit }) => unit)).size - result.lostInTables,
    lost: result.lost.size,
    duplicateRows: result.duplicates + content.altered,
    refused: account.refused,
    ledgerBalanced: result.isBalanced,
    findings: result.findings,
  }
}

function rangeOf(begun: readonly PipelineLedgers[], ranges: readonly LogRange[]): TopicRange {
  const from = (begun[0]?.ledgers ?? []).map(({ nextOffset }) => nextOffset)
  return { from, to: ranges.map(({ high }) => high) }
}

type PipelineRun = {
  readonly pipeline: TestedPipeline
  readonly content: TopicContent
  readonly range: TopicRange
  readonly begun: PipelineLedgers | undefined
}

class RunResult {
  readonly lost = new Set<number>()
  readonly #findings = new Set<string>()
  /** A wrong row is found before and after the redrive. It counts once. */
  readonly #duplicatesBySentence = new Map<string, number>()
  isBalanced = true
  /** Records of the topic without an effect. */
  lostInTables = 0

  get findings(): readonly string[] {
    return [...this.#findings]
  }

  get duplicates(): number {
    return sumOf(this.#duplicatesBySentence)
  }

  /** Acknowledged records that the topic does not hold where Kafka has put them. */
  addKafkaLosses({ account }: Run, { records }: TopicContent): void {
    const held = new Set(records.map((record) => textOf(record.unit, record)))
    const missing = [...account.acknowledgedPlaces()].filter(
      ([unit, place]) => !held.has(textOf(unit, place)),
    )
    for (const [unit] of missing) this.lost.add(unit)
    if (missing.length > 0)
      this.#findings.add(`${missing.length} acknowledged records are not in the topic ${topic}`)
  }

  add({ lost, duplicatesBySentence, findings }: PipelineJudgement): void {
    for (const unit of lost) {
      if (!this.lost.has(unit)) this.lostInTables += 1
      this.lost.add(unit)
    }
    for (const [sentence, count] of duplicatesBySentence)
      this.#duplicatesBySentence.set(sentence, count)
    for (const finding of findings) this.#findings.add(finding)
  }

  addUnbalanced(faults: readonly string[]): void {
    if (faults.length > 0) this.isBalanced = false
    for (const fault of faults) this.#findings.add(fault)
  }
}

const textOf = (
  unit: number,
  place: { readonly partition: number; readonly offset: number },
): string => `${unit} ${place.partition} ${place.offset}`

/** The outcome of each record, the rows and the ledgers, before the redrive. */
async function judgeBefore(run: Run, of: PipelineRun, result: RunResult): Promise<void> {
  const { pool } = run.platform
  const { pipeline, content, range, begun } = of
  const end = await readLedgers(pool, pipeline, range.to.length)
  if (begun === undefined || end === undefined) {
    result.addUnbalanced([`${pipeline.name}: the ledgers are gone`])
    return
  }
  const settled = { from: range.from, to: end.ledgers.map(({ nextOffset }) => nextOffset) }
  const outcomes = await readOutcomes(pool, pipeline, { logId: begun.logId, range: settled })
  const rows = readRows(pool, pipeline, run.account.run)
  const { records } = content
  result.add(await judgePipeline({ pipeline, records, outcomes, rows }))
  result.addUnbalanced(ledgerFaults(pipeline, { begin: begun, end }, outcomes.counts()))
  result.addUnbalanced(await rowFaults(pool, pipeline))
}

/** The rows and the dead letters after the redrive. */
async function judgeAfter(run: Run, of: PipelineRun, result: RunResult): Promise<void> {
  const { pool } = run.platform
  const { pipeline, content, range, begun } = of
  if (begun === undefined) return
  const outcomes = await readOutcomes(pool, pipeline, { logId: begun.logId, range })
  const rows = readRows(pool, pipeline, run.account.run)
  result.add(await judgeRedriven({ pipeline, records: content.records, outcomes, rows }))
  result.addUnbalanced(await rowFaults(pool, pipeline))
}
