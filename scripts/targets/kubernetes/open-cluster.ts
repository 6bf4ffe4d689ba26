import type { PlatformConfig } from '../../../infra/config/config.ts'
import { loadConfig } from '../../../infra/config/config.ts'
import { masterConfig } from '../../platform/paths.ts'
import type { PlatformChoice } from '../target.ts'
import { Cluster } from './cluster.ts'

/**
 * The cluster and the namespace of the choice. Without one the namespace is that of the configuration, else that of
 * `config.master.json`.
 */
export function openCluster(
  { namespace, context }: PlatformChoice,
  config: PlatformConfig | undefined,
): Promise<Cluster> {
  const { kubernetes } = config ?? loadConfig(masterConfig)
  return Cluster.open(namespace ?? kubernetes.namespace, context)
}
