import { checkNotOnLoopback } from '../checks/loopback-servers.ts'
import type { Tokens } from '../checks/read-tokens.ts'
import { readTokens } from '../checks/read-tokens.ts'
import { UserError } from '../checks/user-error.ts'
import { checkUserFiles } from '../checks/user-files.ts'
import type { PlatformConfig } from '../config/config.ts'
import { loadConfig } from '../config/config.ts'
import type { StackRequest } from '../containers/stack.ts'
import type { ClusterFacts } from './cluster/ask-cluster.ts'
import { askCluster } from './cluster/ask-cluster.ts'
import { clusterFaults } from './cluster/cluster-faults.ts'
import { kubeconfigFaults } from './cluster/kubeconfig.ts'
import { reachedByCluster } from './reached-by-cluster.ts'

export type CheckedStack = {
  readonly config: PlatformConfig
  /** The bearer tokens of the configured token files. */
  readonly tokens: Tokens
  readonly cluster: ClusterFacts
}

/**
 * Loads the configuration and checks that the cluster of kubectl's context can run it. Changes nothing.
 *
 * @throws ConfigError or UserError with sentences that say what to fix
 */
export async function checkStack(request: StackRequest): Promise<CheckedStack> {
  const { root, configFile, settings, stack } = request
  const config = reachedByCluster(loadConfig(configFile, settings))
  checkUserFiles(config, root)
  checkNotOnLoopback(config)
  const tokens = readTokens(config, root)
  const cluster = await askCluster(config)
  const faults = [
    ...kubeconfigFaults(process.env['KUBECONFIG']),
    ...clusterFaults(config, cluster, stack),
  ]
  if (faults.length > 0) throw new UserError(faults.join('\n'))
  return { config, tokens, cluster }
}
