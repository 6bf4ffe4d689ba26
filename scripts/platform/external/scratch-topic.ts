import { UserError } from '../../../infra/checks/user-error.ts'
import type { PlatformConfig } from '../../../infra/config/config.ts'
import { hasOwnKafka } from '../../../infra/topology/external/kafka.ts'
import { isRightMissing } from '../../../services/adapters/kafka/connection/access-fault.ts'
import { devicesTopicOf } from '../../../services/devices/devices-topic.ts'
import { sleep } from '../../../services/runtime/retry.ts'
import { describeFailure, kafkaSettingsOf, openTopic } from '../kafka-queries.ts'

/** The topic of scratch platforms at an existing Kafka. Its name shows that it may be deleted. */
const suffix = '_scratch'

/** The longest name that the configuration accepts. */
const maxCharacters = 200

/** How long Kafka may need to delete a topic. */
const deletionMs = 30_000

/** The setting that makes a scratch platform use a topic for itself; none for a Kafka of the platform. */
export function scratchTopic(config: PlatformConfig): string[] {
  if (hasOwnKafka(config)) return []
  const name = `${config.kafka.topic.slice(0, maxCharacters - suffix.length)}${suffix}`
  return [`kafka.topic=${name}`]
}

/**
 * Deletes the topics of scratch platforms at an existing Kafka, as for a first start.
 *
 * @throws UserError if Kafka does not allow it, or does not answer
 */
export async function deleteScratchTopics(config: PlatformConfig): Promise<void> {
  if (hasOwnKafka(config)) return
  const { topic } = config.kafka
  if (!topic.endsWith(suffix)) throw new Error(`${topic} is not a scratch topic`)
  for (const name of [topic, devicesTopicOf(topic)]) await deleteTopic(config, name)
}

async function deleteTopic(config: PlatformConfig, topic: string): Promise<void> {
  const settings = kafkaSettingsOf(config, undefined)
  await using admin = openTopic(settings, topic).admin
  try {
    if (!(await admin.exists())) return
    await admin.delete()
    const deadline = performance.now() + deletionMs
    while (performance.now() < deadline) {
      if (!(await admin.exists())) return
      await sleep(200)
    }
  } catch (error) {
    if (!isRightMissing(error)) throw new UserError(describeFailure(error, settings))
    throw new UserError(
      `The topic ${topic}, which this command deletes and creates again, cannot be deleted. Give the user of the platform the right Delete on it, or delete it as an administrator.`,
    )
  }
  throw new UserError(`Kafka has not deleted the topic ${topic} in ${deletionMs / 1_000} s.`)
}
