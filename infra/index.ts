import { fileURLToPath } from 'node:url'
import { dirname } from 'node:path'
import { Images } from './docker/images.ts'
import { Ingress } from './docker/ingress.ts'
import { Kafka } from './docker/kafka.ts'
import { labels } from './docker/names.ts'
import { Network } from './docker/network.ts'
import { announce } from './docker/outputs.ts'
import { mapMounts } from './docker/placement.ts'
import { Postgres } from './docker/postgres.ts'
import { Roads } from './docker/roads.ts'
import { Secrets } from './docker/secrets.ts'
import { Service } from './docker/service.ts'
import { openStack } from './docker/stack.ts'
import { ZooKeeper } from './docker/zookeeper.ts'

// The Pulumi program: the topology, drawn as containers on a bridge network.
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { config, tokens, stack, engine, plansOf, planOf } = await openStack(root)

const network = new Network('network', { config })
const images = new Images('images', { config, engine, root })
const surroundings = { config, stack, engine, networkName: network.networkName }
const secrets = new Secrets('secrets', { surroundings, image: images.provision, tokens })

const postgres = new Postgres('postgres', {
  plan: planOf('postgres'),
  image: images.postgres,
  secrets,
  surroundings,
})
const zookeeper = new ZooKeeper('zookeeper', {
  plans: plansOf('zookeeper'),
  image: images.zookeeper,
  surroundings,
})
const kafka = new Kafka('kafka', {
  plans: plansOf('kafka'),
  image: images.kafka,
  zookeeper,
  surroundings,
})
const provision = new Service('provision', {
  plans: plansOf('provision'),
  image: images.provision,
  after: [postgres, kafka],
  labels: { [labels.config]: JSON.stringify(config) },
  secrets,
  surroundings,
})
const consumers = new Service('consumers', {
  plans: plansOf('consumer'),
  image: images.consumer,
  after: [provision],
  secrets,
  surroundings,
})
const producers = new Service('producers', {
  plans: plansOf('producer'),
  image: images.producer,
  after: [provision],
  secrets,
  surroundings,
})
const ingress = new Ingress('ingress', {
  plan: planOf('ingress'),
  image: images.ingress,
  after: [producers, consumers],
  surroundings,
})

const roads = new Roads('roads', { config })
new Service('dashboard', {
  plans: plansOf('dashboard'),
  image: images.dashboard,
  files: [...mapMounts(config, root), roads.mount],
  after: [provision],
  secrets,
  surroundings,
})

export const { events, networkAddress, dashboard, psql, guarantee } = announce({
  config,
  postgres,
  ingress,
})
