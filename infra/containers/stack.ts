import { resolve } from 'node:path'
import * as pulumi from '@pulumi/pulumi'
import { UserError } from '../checks/user-error.ts'
import type { PlatformConfig } from '../config/config.ts'
import { ConfigError } from '../config/config.ts'
import type { Placement } from '../topology/placement.ts'
import type { Role } from '../topology/role-registry.ts'
import type { ServicePlan } from '../topology/service-plan.ts'
import { servicesOf, topologyOf } from '../topology/topology.ts'

/** What a Pulumi stack is to run. */
export type StackRequest = {
  /** The clone. Paths of user files are relative to it. */
  readonly root: string
  readonly configFile: string
  /** Settings over the file, e.g. `kafka.partitions=12`. */
  readonly settings: readonly string[]
  /** The stack that will own the platform: project and name, e.g. `av-telemetry/dev`. */
  readonly stack: string
}

export type PlansOf = (role: Role) => readonly ServicePlan[]

/**
 * Reads the settings of the stack (`configFile` with the settings of `set`; by default
 * `config.master.json`) and lets a target check that it can run them.
 *
 * @throws pulumi.RunError with sentences that say what to fix; nothing was created then
 */
export async function openStack<Checked>(
  root: string,
  check: (request: StackRequest) => Promise<Checked>,
): Promise<Checked & Pick<StackRequest, 'stack'>> {
  try {
    const given = new pulumi.Config()
    const configFile = resolve(root, given.get('configFile') ?? 'config.master.json')
    const settings = given.getObject<string[]>('set') ?? []
    const stack = `${pulumi.getProject()}/${pulumi.getStack()}`
    return { ...(await check({ root, configFile, settings, stack })), stack }
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof UserError)) throw error
    throw new pulumi.RunError(error.message)
  }
}

/** The plans of a configuration by role. Vehicles are started by `npm run fleet`. */
export function plansByRole(config: PlatformConfig, placement: Placement): PlansOf {
  const plans = servicesOf(topologyOf(config, placement, 0))
  return (role) => plans.filter((plan) => plan.role === role)
}
