import { InputError, UserError } from '../../infra/checks/user-error.ts'
import type { KafkaSettings } from '../../services/adapters/kafka/client.ts'
import type { TopicState } from '../../services/adapters/kafka/topic-admin.ts'
import { taggedLogIdentity } from '../../services/adapters/kafka/topic-admin.ts'
import type { Pool } from '../../services/adapters/postgres/driver/connection.ts'
import { PostgresDecisionStore } from '../../services/adapters/postgres/pipelines/decision-store.ts'
import { PostgresPipelineStore } from '../../services/adapters/postgres/pipelines/pipeline-store.ts'
import { startOffsetOf } from '../../services/ledger/start-offset.ts'
import { fromStored } from '../../services/pipelines/declaration/stored-declaration.ts'
import { topicOf } from '../../services/pipelines/declaration/task-declaration.ts'
import { print } from '../cli/output.ts'
import { describeFailure, openTopic } from '../platform/kafka-queries.ts'
import { findPipeline } from './control.ts'
import type { ResumeFrom } from './request.ts'

type Database = { readonly kafka: KafkaSettings; readonly pool: Pool }
type ResumeRequest = { readonly name: string; readonly from: ResumeFrom | undefined }

/** `npm run pipeline -- resume` */
export async function resume(database: Database, { name, from }: ResumeRequest): Promise<number> {
  const store = new PostgresPipelineStore(database.pool)
  const { needsDecision, pauseReason, declaration } = await findPipeline(store, name)
  if (needsDecision) {
    if (from === undefined) throw new InputError(`${name} needs a decision. ${pauseReason ?? ''}`)
    return resumeFrom(database, { name, topic: topicOf(fromStored(declaration)) ?? '', from })
  }
  if (from !== undefined) {
    throw new InputError(
      `The pipeline ${name} does not need a decision, so it cannot begin at another place with --from. It continues where it stopped: npm run pipeline -- resume ${name}`,
    )
  }
  if (!(await store.resume(name))) throw new InputError(`The pipeline ${name} is not paused.`)
  print(`Resumed ${name}. It continues where it stopped.`)
  return 0
}

type BeginRequest = {
  readonly name: string
  readonly topic: string
  readonly from: ResumeFrom
}

/** Begins the ledgers of the pipeline in the present log of its topic. */
async function resumeFrom(
  { kafka, pool }: Database,
  { name, topic, from }: BeginRequest,
): Promise<number> {
  const opened = openTopic(kafka, topic)
  await using admin = opened.admin
  const { clusterId, ranges } = await stateOf(admin, topic, kafka)
  const isTagged = topic === kafka.topic && !kafka.isExternal
  const topicId = isTagged ? undefined : await admin.topicId()
  const startOffsets = ranges.map((range) => startOffsetOf(range, from, undefined))
  const reason = `a user resumed the pipeline ${name} from its ${from} record`
  const decision = { topic, clusterId, topicId, startOffsets, reason }
  const log = await new PostgresDecisionStore(pool).settle(name, decision)
  if (log === undefined) throw new UserError(`Another command has resumed ${name} already.`)
  if (log.isNew && isTagged) await taggedLogIdentity(admin).mark(log.logId)
  const records = ranges.reduce((sum, { low, high }) => sum + high - low, 0)
  const what =
    from === 'earliest'
      ? `It reads the ${records} records that the topic has now, and all later ones.`
      : `It skips the ${records} records that the topic has now, and reads all later ones.`
  print(`Resumed ${name} in log ${log.logId} of the topic ${topic}. ${what}`)
  return 0
}

async function stateOf(
  admin: ReturnType<typeof openTopic>['admin'],
  topic: string,
  kafka: KafkaSettings,
): Promise<TopicState> {
  const answered = await admin
    .exists()
    .then((exists) => (exists ? admin.state() : undefined))
    .catch((error: unknown) => {
      throw new UserError(`${describeFailure(error, kafka)} Then run the command again.`)
    })
  if (answered !== undefined && answered.ranges.length > 0) return answered
  throw new UserError(
    `Kafka has no topic ${topic}. Create it, then run the command again: the pipeline begins in the topic as it is then.`,
  )
}
