import { UserError } from '../../infra/checks/user-error.ts'
import type { KafkaSettings } from '../../services/adapters/kafka/client.ts'
import { FileReader } from '../../services/adapters/postgres/files/file-reader.ts'
import { PostgresPipelineStore } from '../../services/adapters/postgres/pipelines/pipeline-store.ts'
import { PostgresSettingStore } from '../../services/adapters/postgres/settings/setting-store.ts'
import { fromStored } from '../../services/pipelines/declaration/stored-declaration.ts'
import type { PipelineDeclaration } from '../../services/pipelines/declaration/task-declaration.ts'
import { isTaskDeclaration } from '../../services/pipelines/declaration/task-declaration.ts'
import {
  groupedConsumerGroup,
  sourceConsumerGroup,
} from '../../services/worker/pipelines/stream-pipelines.ts'
import { TaskReader } from '../../services/adapters/postgres/tasks/task-reader.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import { check } from '../pipeline/check.ts'
import { accept, findPipeline, pause, reset } from '../pipeline/control.ts'
import { list } from '../pipeline/list.ts'
import type { PipelineRequest } from '../pipeline/request.ts'
import { parseRequest } from '../pipeline/request.ts'
import { resume } from '../pipeline/resume.ts'
import { describe } from '../pipeline/show.ts'
import { findPlatform, noPlatform } from '../platform/running-platform.ts'
import { countGroupMembers } from '../platform/kafka-queries.ts'

/** `npm run pipeline`: lists, checks and controls the declared pipelines. */
export function run(args: readonly string[]): Promise<number> {
  const out = args.includes('--json') ? process.stderr : process.stdout
  return reportUserErrors(async () => {
    const request = parseRequest(args)
    return request.kind === 'check' ? check(request) : answerWithPlatform(request)
  }, out)
}

type DatabaseRequest = Exclude<PipelineRequest, { kind: 'check' }>

async function answerWithPlatform(request: DatabaseRequest): Promise<number> {
  const platform = await findPlatform(request.choice)
  if (!platform) throw new UserError(noPlatform)
  const pool = await platform.pool()
  const store = new PostgresPipelineStore(pool)
  const stores = {
    ...{ store, settings: new PostgresSettingStore(pool), tasks: new TaskReader(pool) },
    files: new FileReader(pool),
  }
  try {
    switch (request.kind) {
      case 'list':
        return await list({ kafka: await platform.kafka(), pool, stores }, request.json)
      case 'describe':
        await findPipeline(store, request.name)
        return await describe(stores, request)
      case 'pause':
        return await pause(store, request)
      case 'resume':
        return await resume({ kafka: await platform.kafka(), pool }, request)
      case 'reset':
        return await reset({ store, pool }, request, async ({ declaration }) =>
          membersOf(await platform.kafka(), declaration),
        )
      case 'accept':
        return await accept(store, request, pool)
      default:
        return request satisfies never
    }
  } finally {
    await pool.end()
  }
}

/** How many workers read topics for the pipeline, by the consumer groups of its streams. */
async function membersOf(kafka: KafkaSettings, stored: unknown): Promise<number> {
  const groups = consumerGroupsOf(fromStored(stored))
  const members = await Promise.all(groups.map((group) => countGroupMembers(kafka, group)))
  return members.reduce((sum, each) => sum + each, 0)
}

function consumerGroupsOf(declaration: PipelineDeclaration): string[] {
  if (!isTaskDeclaration(declaration)) {
    const group = sourceConsumerGroup(declaration)
    const { groupBy } = declaration.topic
    return groupBy === undefined ? [group] : [group, groupedConsumerGroup(declaration)]
  }
  const { name, source } = declaration
  return source.kind === 'topic' ? [sourceConsumerGroup({ name, topic: source })] : []
}
