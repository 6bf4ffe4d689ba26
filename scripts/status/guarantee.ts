import type pg from 'pg'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { describeGuarantee } from '../../infra/config/guarantee.ts'
import { hasOwnKafka } from '../../infra/topology/external/kafka.ts'
import type { KafkaSettings } from '../../services/adapters/kafka/client.ts'
import { withDurability } from '../platform/external/asked-guarantee.ts'
import { openTopic } from '../platform/kafka-queries.ts'

/** How the servers of a running platform are asked. */
type Servers = {
  readonly kafka: () => Promise<KafkaSettings>
  /** Connections with the owner's rights. */
  readonly pool: () => Promise<pg.Pool>
}

/**
 * The guarantee of a running platform. Existing servers are asked what they keep after a failure; if one does not
 * answer, the guarantee says that this is not known.
 */
export async function guaranteeOf(config: PlatformConfig, ask: Servers): Promise<string[]> {
  return withDurability(await guaranteeOfTopic(config, ask.kafka), config, ask.pool)
}

async function guaranteeOfTopic(
  config: PlatformConfig,
  readSettings: Servers['kafka'],
): Promise<string[]> {
  if (hasOwnKafka(config)) return describeGuarantee(config)
  try {
    const settings = await readSettings()
    await using admin = openTopic(settings, settings.topic).admin
    return describeGuarantee(config, true, await admin.facts())
  } catch {
    return describeGuarantee(config)
  }
}
