import { resolve } from 'node:path'
import * as pulumi from '@pulumi/pulumi'
import { UserError } from '../checks/user-error.ts'
import type { PlatformConfig } from '../config/config.ts'
import { ConfigError } from '../config/config.ts'
import type { Role } from '../topology/role-registry.ts'
import type { ServicePlan } from '../topology/service-plan.ts'
import { servicesOf, topologyOf } from '../topology/topology.ts'
import type { CheckedStack } from './check-stack.ts'
import { checkStack } from './check-stack.ts'
import { dockerPlacement } from './placement.ts'

/** The input of the Pulumi program. */
export type OpenedStack = CheckedStack & {
  readonly stack: string
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
    const given = new pulumi.Config()
    const configFile = resolve(root, given.get('configFile') ?? 'config.master.json')
    const settings = given.getObject<string[]>('set') ?? []
    const stack = `${pulumi.getProject()}/${pulumi.getStack()}`
    const checked = await checkStack({ root, configFile, settings, stack })
    return { ...checked, stack, plansOf: plansByRole(checked.config) }
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof UserError)) throw error
    throw new pulumi.RunError(error.message)
  }
}

function plansByRole(config: PlatformConfig): OpenedStack['plansOf'] {
  const plans = servicesOf(topologyOf(config, dockerPlacement(config), 0))
  return (role) => plans.filter((plan) => plan.role === role)
}
