import { resolve } from 'node:path'
import * as pulumi from '@pulumi/pulumi'
import type { PlatformConfig } from '../config.ts'
import { ConfigError, loadConfig } from '../config.ts'
import { MachineError } from '../machine-error.ts'
import { mapFileFault } from '../map-file.ts'
import type { Role, ServicePlan } from '../service-plan.ts'
import { readTokenFile } from '../token-file.ts'
import { servicesOf, topologyOf } from '../topology.ts'
import type { Engine } from './engine.ts'
import { dockerPlacement } from './placement.ts'
import { preflight } from './preflight.ts'
import type { Tokens } from './secrets.ts'

/** What the program draws, and for which stack. */
export type Stack = {
  readonly config: PlatformConfig
  /** The bearer tokens that the configuration names a file with. */
  readonly tokens: Tokens
  readonly stack: string
  readonly engine: Engine
  readonly plansOf: (role: Role) => readonly ServicePlan[]
  readonly planOf: (role: Role) => ServicePlan
}

/**
 * Reads the configuration that the stack names (`configFile`, over it the list `set`; by default
 * `config.master.json` as it is), and looks whether the machine can run it.
 *
 * @throws pulumi.RunError with sentences that say what to mend; nothing has been made then
 */
export async function openStack(root: string): Promise<Stack> {
  try {
    const settings = new pulumi.Config()
    const file = resolve(root, settings.get('configFile') ?? 'config.master.json')
    const config = loadConfig(file, settings.getObject<string[]>('set') ?? [])
    const stack = `${pulumi.getProject()}/${pulumi.getStack()}`
    const tokens = readTokens(config, root)
    requireMapFile(config, root)
    const engine = await preflight(config, stack)
    return { config, tokens, stack, engine, ...plansByRole(config) }
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof MachineError)) throw error
    throw new pulumi.RunError(error.message)
  }
}

function readTokens({ ingress, dashboard }: PlatformConfig, root: string): Tokens {
  const read = (file: string): string | undefined =>
    file === '' ? undefined : readTokenFile(resolve(root, file))
  return { token: read(ingress.tokenFile), 'dashboard-token': read(dashboard.tokenFile) }
}

/** Where there is none, the engine would mount an empty folder. */
function requireMapFile({ dashboard: { pmtilesFile } }: PlatformConfig, root: string): void {
  const fault = pmtilesFile === '' ? undefined : mapFileFault(resolve(root, pmtilesFile))
  if (fault !== undefined) throw new MachineError(`dashboard.pmtilesFile: ${fault}`)
}

/** The vehicles of the topology are left to `npm run fleet`, which adds and removes them. */
function plansByRole(config: PlatformConfig): Pick<Stack, 'plansOf' | 'planOf'> {
  const plans = servicesOf(topologyOf(config, dockerPlacement(config), 0))
  const plansOf = (role: Role) => plans.filter((plan) => plan.role === role)
  const planOf = (role: Role): ServicePlan => {
    const [plan] = plansOf(role)
    if (!plan) throw new Error(`the topology has no ${role}`)
    return plan
  }
  return { plansOf, planOf }
}
