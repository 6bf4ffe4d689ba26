import { resolve } from 'node:path'
import * as pulumi from '@pulumi/pulumi'
import type { PlatformConfig } from '../config/config.ts'
import { ConfigError, loadConfig } from '../config/config.ts'
import { UserError } from '../checks/user-error.ts'
import { checkUserFiles } from '../checks/user-files.ts'
import type { Role } from '../topology/role-registry.ts'
import type { ServicePlan } from '../topology/service-plan.ts'
import { readTokenFile } from '../checks/token-file.ts'
import { servicesOf, topologyOf } from '../topology/topology.ts'
import { userFilesOf } from '../topology/role-registry.ts'
import type { Engine } from './engine/engine.ts'
import { dockerPlacement } from './placement.ts'
import { preflight } from './engine/preflight.ts'
import type { Tokens } from './resources/secrets.ts'

/** The input of the Pulumi program. */
export type OpenedStack = {
  readonly config: PlatformConfig
  /** The bearer tokens of the configured token files. */
  readonly tokens: Tokens
  readonly stack: string
  readonly engine: Engine
  readonly plansOf: (role: Role) => readonly ServicePlan[]
}

/**
 * Loads the configuration of the stack (`configFile` with the settings of `set`; by default
 * `config.master.json`) and checks that the machine can run it.
 *
 * @throws pulumi.RunError with sentences that say what to fix; nothing was created then
 */
export async function openStack(root: string): Promise<OpenedStack> {
  try {
    const settings = new pulumi.Config()
    const file = resolve(root, settings.get('configFile') ?? 'config.master.json')
    const config = loadConfig(file, settings.getObject<string[]>('set') ?? [])
    const stack = `${pulumi.getProject()}/${pulumi.getStack()}`
    // Without a file of map tiles the engine would mount an empty folder.
    checkUserFiles(config, root)
    const tokens = readTokens(config, root)
    const engine = await preflight(config, stack)
    return { config, tokens, stack, engine, plansOf: plansByRole(config) }
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof UserError)) throw error
    throw new pulumi.RunError(error.message)
  }
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

function plansByRole(config: PlatformConfig): OpenedStack['plansOf'] {
  const plans = servicesOf(topologyOf(config, dockerPlacement(config), 0))
  return (role) => plans.filter((plan) => plan.role === role)
}
