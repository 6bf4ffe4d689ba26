import { resolve } from 'node:path'
import { checkTlsOnDocker } from '../checks/certificate.ts'
import { checkNotOnLoopback } from '../checks/loopback-servers.ts'
import type { Tokens } from '../checks/read-tokens.ts'
import { readTokens } from '../checks/read-tokens.ts'
import { checkUserFiles } from '../checks/user-files.ts'
import type { PlatformConfig } from '../config/config.ts'
import { loadConfig } from '../config/config.ts'
import type { StackRequest } from '../containers/stack.ts'
import type { Engine } from './engine/engine.ts'
import { preflight } from './engine/preflight.ts'

export type CheckedStack = {
  readonly config: PlatformConfig
  /** The bearer tokens of the configured token files. */
  readonly tokens: Tokens
  readonly engine: Engine
}

/**
 * Loads the configuration and checks that this machine and the engine can run it. Changes nothing.
 *
 * @throws ConfigError or UserError with sentences that say what to fix
 */
export async function checkStack(request: StackRequest): Promise<CheckedStack> {
  const { root, configFile, settings, stack } = request
  const config = loadConfig(configFile, settings)
  // Without a file of map tiles the engine would mount an empty folder.
  checkUserFiles(config, root)
  checkNotOnLoopback(config)
  checkTlsOnDocker(config, (path) => resolve(root, path))
  const tokens = readTokens(config, root)
  const engine = await preflight(config, stack)
  return { config, tokens, engine }
}
