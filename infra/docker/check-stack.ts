import { resolve } from 'node:path'
import { checkTlsOnDocker } from '../checks/certificate.ts'
import { readTokenFile } from '../checks/token-file.ts'
import { checkUserFiles } from '../checks/user-files.ts'
import type { PlatformConfig } from '../config/config.ts'
import { loadConfig } from '../config/config.ts'
import { userFilesOf } from '../topology/role-registry.ts'
import type { Engine } from './engine/engine.ts'
import { preflight } from './engine/preflight.ts'
import type { Tokens } from './resources/secrets.ts'

/** What a Pulumi stack is to run. */
export type StackRequest = {
  /** The clone. Paths of user files are relative to it. */
  readonly root: string
  readonly configFile: string
  /** Settings over the file, e.g. `kafka.partitions=12`. */
  readonly settings: readonly string[]
  /** The stack that will own the containers: project and name, e.g. `av-telemetry/dev`. */
  readonly stack: string
}

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
  checkTlsOnDocker(config, (path) => resolve(root, path))
  const tokens = readTokens(config, root)
  const engine = await preflight(config, stack)
  return { config, tokens, engine }
}

function readTokens(config: PlatformConfig, root: string): Tokens {
  const secret = userFilesOf(config).filter(({ kind }) => kind === 'secret')
  return Object.fromEntries(
    secret.map(({ name, path }) => [
      name,
      path === '' ? undefined : readTokenFile(resolve(root, path)),
    ]),
  )
}
