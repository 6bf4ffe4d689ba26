import { Command } from 'commander'
import { UserError } from '../../infra/checks/user-error.ts'
import type { KafkaSettings } from '../../services/adapters/kafka/client.ts'
import { KafkaRecordAppender } from '../../services/adapters/kafka/writing/record-appender.ts'
import type { PipelineDeclaration } from '../../services/pipelines/declaration/task-declaration.ts'
import {
  isTaskDeclaration,
  topicOf,
} from '../../services/pipelines/declaration/task-declaration.ts'
import { print } from '../cli/output.ts'
import { parseArguments } from '../cli/parse-arguments.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import { readExample } from '../examples/example.ts'
import { openTopic } from '../platform/kafka-queries.ts'
import type { PlatformChoice } from '../targets/target.ts'
import { findPlatform, noPlatform, withChoice } from '../platform/running-platform.ts'

/** `npm run examples`: sends the data of an example to its topic, as another application would. */
export function run(args: readonly string[]): Promise<number> {
  return reportUserErrors(async () => {
    const { name, choice } = parse(args)
    const example = readExample(name)
    const platform = await findPlatform(choice)
    if (!platform) throw new UserError(noPlatform)
    const kafka = await platform.kafka()
    for (const { declaration, records } of example.pipelines) {
      const topic = topicOf(declaration)
      if (topic === undefined || records.length === 0) continue
      await send(kafka, { topic, key: keyColumnsOf(declaration) }, records)
      print(`Sent ${records.length} records to the topic ${topic}.`)
    }
    return 0
  })
}

function parse(args: readonly string[]): { name: string; choice: PlatformChoice } {
  const command = withChoice(new Command('npm run examples --'))
    .description('Sends the data of an example to its Kafka topic.')
    .argument('<name>', 'name of a folder in docs/examples, or of one of its pipelines')
  parseArguments(command, args)
  return { name: command.processedArgs[0] as string, choice: command.opts<PlatformChoice>() }
}

async function send(
  settings: KafkaSettings,
  { topic, key }: { readonly topic: string; readonly key: readonly string[] },
  records: readonly string[],
): Promise<void> {
  const { kafka, admin, logger } = openTopic(settings, topic)
  await using used = admin
  if (!(await used.exists())) {
    throw new UserError(
      `Kafka has no topic ${topic}. A worker creates it when it reads the declaration: start the platform with a folder that has it (docs/examples).`,
    )
  }
  await using appender = new KafkaRecordAppender(kafka, { topic, logger })
  appender.setPartitions((await used.ranges()).length)
  const outgoing = records.map((value, index) => {
    return { key: keyOf(value, key) ?? `message-${index + 1}`, value, headers: {} }
  })
  const sent = await appender.append(outgoing)
  if (sent.includes(undefined))
    throw new UserError('Kafka has not accepted all records. Try again.')
}

/** The columns of the key. Messages of tasks have none. */
const keyColumnsOf = (declaration: PipelineDeclaration): readonly string[] =>
  isTaskDeclaration(declaration) ? [] : declaration.table.key

/** The key of the row, so that records of one row stay in order; undefined without key columns. */
function keyOf(record: string, key: readonly string[]): string | undefined {
  if (key.length === 0) return undefined
  const fields = JSON.parse(record) as Record<string, unknown>
  return key.map((name) => String(fields[name])).join('/')
}
