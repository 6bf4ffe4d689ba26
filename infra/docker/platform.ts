import type { Outputs } from '../containers/outputs.ts'
import { announce } from './outputs.ts'
import { Images } from './images/images.ts'
import { Network } from './resources/network.ts'
import { Secrets } from './resources/secrets.ts'
import { renderServices } from './resources/services.ts'
import { openStack, plansByRole } from '../containers/stack.ts'
import { checkStack } from './check-stack.ts'
import { dockerPlacement } from './placement.ts'
import { roleNames, roles } from '../topology/role-registry.ts'
import { generatedKeyNames } from '../topology/roles/objects.ts'

/**
 * Renders the topology as containers on a bridge network.
 *
 * @param root the clone
 */
export async function renderPlatform(root: string): Promise<Outputs> {
  const { config, tokens, stack, engine } = await openStack(root, checkStack)
  const plansOf = plansByRole(config, dockerPlacement(config))

  const network = new Network('network', { config })
  const running = roleNames.filter((role) => !roles[role].isClient && plansOf(role).length > 0)
  const images = new Images('images', { config, engine, root, roles: running })
  const surroundings = { config, stack, engine, networkName: network.networkName }
  const secrets = new Secrets('secrets', {
    surroundings,
    image: images.of('provision'),
    tokens,
    generatedKeyNames: generatedKeyNames(config),
  })

  const { postgres, ingress } = renderServices({
    surroundings,
    secrets,
    plansOf,
    imageOf: (role) => images.of(role),
    root,
  })

  return announce({ config, postgres, ingress, root })
}
