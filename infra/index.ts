import { fileURLToPath } from 'node:url'
import { dirname } from 'node:path'
import { Images } from './docker/images/images.ts'
import { Network } from './docker/resources/network.ts'
import { announce } from './docker/outputs.ts'
import { Secrets } from './docker/resources/secrets.ts'
import { renderServices } from './docker/resources/services.ts'
import { openStack } from './docker/stack.ts'
import { roleNames, roles } from './topology/role-registry.ts'
import { generatedKeyNames } from './topology/roles/objects.ts'

// The Pulumi program: renders the topology as containers on a bridge network.
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { config, tokens, stack, engine, plansOf } = await openStack(root)

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

export const { events, networkAddress, dashboard, psql, guarantee } = announce({
  config,
  postgres,
  ingress,
})
