import type { PlatformConfig } from '../../../infra/config/config.ts'
import type { KafkaSettings } from '../../../services/adapters/kafka/client.ts'
import type { TopicFacts } from '../../../services/adapters/kafka/topic-settings.ts'
import { devicesTopicOf } from '../../../services/devices/devices-topic.ts'
import { differencesOf } from '../../../services/provision/external/topic-differences.ts'
import { quoteForShell } from '../../cli/quote-for-shell.ts'
import { openTopic } from '../../platform/kafka-queries.ts'
import type { Checked, Finding } from '../finding.ts'

type Cleanup = 'delete' | 'compact'

/** The topics of the platform that exist already: whether they can be used as they are. */
export async function checkTopics(
  { kafka }: PlatformConfig,
  settings: KafkaSettings,
): Promise<Checked> {
  const [topic, devices] = [kafka.topic, devicesTopicOf(kafka.topic)]
  const [facts, ofDevices] = [await factsOf(settings, topic), await factsOf(settings, devices)]
  const { brokers } = settings
  const findings = cleanupFinding({ topic, wanted: 'delete', brokers }, facts)
  // Otherwise provisioning refuses the topic.
  const isUsable = facts !== undefined && findings.every(({ isAllowed }) => isAllowed)
  return {
    findings: [
      ...findings,
      ...cleanupFinding({ topic: devices, wanted: 'compact', brokers }, ofDevices),
    ],
    notes: isUsable ? differencesOf(topic, facts, kafka).map(toNote(topic)) : [],
  }
}

/** Undefined if the topic does not exist, or the user may not see it. */
async function factsOf(settings: KafkaSettings, topic: string): Promise<TopicFacts | undefined> {
  await using admin = openTopic(settings, topic).admin
  return (await admin.exists()) ? await admin.facts() : undefined
}

type Wanted = {
  readonly topic: string
  readonly wanted: Cleanup
  readonly brokers: readonly string[]
}

/** With another cleanup policy, Kafka removes records that the platform needs, so provisioning refuses the topic. */
function cleanupFinding(
  { topic, wanted, brokers }: Wanted,
  facts: TopicFacts | undefined,
): Finding[] {
  const present = facts?.settings?.get('cleanup.policy')
  if (present === undefined) return []
  const right = `cleanup.policy=${wanted} of the topic ${topic}`
  if (present === wanted) return [{ server: 'Kafka', right, isAllowed: true }]
  const words = [
    ...['kafka-configs.sh', '--bootstrap-server', brokers.join(',')],
    ...['--command-config', 'admin.properties', '--alter'],
    ...['--entity-type', 'topics', '--entity-name', topic],
    ...['--add-config', `cleanup.policy=${wanted}`],
  ]
  const remedy = words.map(quoteForShell).join(' ')
  return [{ server: 'Kafka', right, isAllowed: false, remedy }]
}

type Difference = ReturnType<typeof differencesOf>[number]

const toNote =
  (topic: string) =>
  ({ setting, present, wanted, advice }: Difference): string =>
    `The topic ${topic} has ${setting} = ${present}, not ${wanted}. ${advice}`
