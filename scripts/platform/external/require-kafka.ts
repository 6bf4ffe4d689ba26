import { UserError } from '../../../infra/checks/user-error.ts'
import type { PlatformConfig } from '../../../infra/config/config.ts'
import { hasOwnKafka } from '../../../infra/topology/external/kafka.ts'
import { accessFaultOf } from '../../../services/adapters/kafka/connection/access-fault.ts'
import { print } from '../../cli/output.ts'
import { describeFailure, kafkaSettingsOf, openTopic } from '../kafka-queries.ts'

/**
 * Checks before a start that an existing Kafka accepts the platform. The start would otherwise wait without an end.
 * A Kafka that does not answer may be starting too, so the platform waits for it.
 *
 * @throws UserError if Kafka refuses the login, or is not trusted
 */
export async function requireKafka(config: PlatformConfig): Promise<void> {
  if (hasOwnKafka(config)) return
  const settings = kafkaSettingsOf(config, undefined)
  await using admin = openTopic(settings, settings.topic).admin
  try {
    await admin.clusterId()
  } catch (error) {
    const sentence = describeFailure(error, settings)
    if (accessFaultOf(error) !== undefined)
      throw new UserError(`${sentence} Mend it, then start again.`)
    print(`${sentence} The platform waits for ${settings.brokers.join(', ')}.`)
  }
}
