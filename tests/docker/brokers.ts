import type { PlatformConfig } from '../../infra/config/config.ts'
import { kafkaPassword } from '../../infra/docker/engine/running.ts'
import { kafkaSettingsOf } from '../../scripts/platform/kafka-queries.ts'
import { BrokersView } from '../support/brokers-view.ts'

/** The brokers of a platform on Docker, through their ports on this machine. */
export const brokersOf = (config: PlatformConfig): BrokersView =>
  new BrokersView(async () => kafkaSettingsOf(config, await kafkaPassword(config)))
