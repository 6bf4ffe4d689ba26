import type { ClosableKafka } from '../../../services/adapters/kafka/closable-kafka.ts'
import type { WorkloadPlatform } from '../platform.ts'
import type { Judgement } from '../workload.ts'
import type { Account } from './account.ts'
import type { TopicSince } from './found.ts'
import { readEnvelopes, readLetters, readRecords, readRows, readTasks } from './found.ts'
import type { TaskJudgement } from './judge.ts'
import { judgeTasks } from './judge.ts'
import { tested } from './pipelines.ts'
import { accountFaults } from './progress.ts'

/** What one run of the workload needs for its judgement. */
export type Run = {
  readonly platform: WorkloadPlatform
  readonly account: Account
  readonly kafka: ClosableKafka
  readonly messages: TopicSince
  readonly errors: TopicSince
}

/** Reads the topics, the tasks and the tables, and compares them with what was sent. */
export async function judgeRun({ platform, account, ...run }: Run): Promise<Judgement> {
  const { pool } = platform
  const records = await readRecords(run.kafka, run.messages, account.run)
  const envelopes = await readEnvelopes(run.kafka, run.errors)
  const judgements: TaskJudgement[] = []
  for (const pipeline of tested) {
    const effects = {
      tasks: await readTasks(pool, pipeline, account.run),
      rows: await readRows(pool, pipeline, account.run),
      letters: await readLetters(pool, pipeline, account.run),
      envelopes: envelopes.get(pipeline) ?? new Map<string, never>(),
    }
    judgements.push(judgeTasks({ pipeline, sent: account.sent(), records, ...effects }))
  }
  const faults = await accountFaults(pool)
  return {
    acknowledged: account.acknowledged,
    stored: [...account.sent()].filter(({ unit }) => isWhole(judgements, unit)).length,
    lost: new Set(judgements.flatMap(({ lost }) => [...lost])).size,
    duplicateRows: judgements.reduce((sum, { duplicates }) => sum + duplicates, 0),
    refused: account.refused,
    ledgerBalanced: faults.length === 0,
    findings: [...judgements.flatMap(({ findings }) => findings), ...faults],
  }
}

const isWhole = (judgements: readonly TaskJudgement[], unit: string): boolean =>
  judgements.every(({ missing }) => !missing.has(unit))
