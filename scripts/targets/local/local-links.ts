import type { Address } from '../../../infra/topology/addresses.ts'
import type { PlatformConfig } from '../../../infra/config/config.ts'
import type { Folders } from '../../../infra/local/folders.ts'
import { localPlacement } from '../../../infra/local/placement.ts'
import { externalAddress, usesExternalPostgres } from '../../../infra/topology/external/postgres.ts'
import type { Placement, PortName } from '../../../infra/topology/placement.ts'
import type { Role } from '../../../infra/topology/role-registry.ts'
import { roleNames, roles, runsIn } from '../../../infra/topology/role-registry.ts'
import type { Topology } from '../../../infra/topology/topology.ts'
import { topologyOf } from '../../../infra/topology/topology.ts'
import { freeRun } from '../../ports/scratch-ports.ts'
import { FaultProxy } from './fault-proxy.ts'
import type { Link } from '../../verify/platform-under-test.ts'

/** A connection of the topology that goes through fault proxies. */
type ProxiedConnection = {
  readonly name: string
  /** The roles that it connects. */
  readonly roles: readonly Role[]
  readonly to: Role
  readonly ports: readonly PortName[]
}

/**
 * Brokers and the clients of verify reach brokers through the same proxy, because a listener has one
 * advertised address.
 */
const producerKafka: ProxiedConnection = {
  ...{ name: 'producer–kafka', roles: ['producer', 'kafka'] },
  ...{ to: 'kafka', ports: ['main'] },
}
/** Workers use the listener of the consumers. */
const consumerKafka: ProxiedConnection = {
  ...{ name: 'consumer–kafka', roles: ['kafka'] },
  ...{ to: 'kafka', ports: ['main'] },
}
const kafkaZookeeper: ProxiedConnection = {
  ...{ name: 'kafka–zookeeper', roles: ['kafka', 'zookeeper'] },
  ...{ to: 'zookeeper', ports: ['main'] },
}
const ingressProducer: ProxiedConnection = {
  ...{ name: 'ingress–producer', roles: ['ingress', 'producer'] },
  ...{ to: 'producer', ports: ['main', 'ops'] },
}
const vehicleIngress: ProxiedConnection = {
  ...{ name: 'vehicle–ingress', roles: ['ingress'] },
  ...{ to: 'ingress', ports: ['main'] },
}
/** Workers send the readings of files. */
const workerIngress: ProxiedConnection = {
  ...{ name: 'worker–ingress', roles: ['worker', 'ingress'] },
  ...{ to: 'ingress', ports: ['main'] },
}
const toPostgres = (role: Role): ProxiedConnection => ({
  ...{ name: `${role}–postgres`, roles: [role, 'postgres'] },
  ...{ to: 'postgres', ports: ['main'] },
})

/** Connections of each role that go through proxies. All other connections are direct. */
const proxiedConnections: Readonly<Partial<Record<Role, readonly ProxiedConnection[]>>> = {
  provision: [producerKafka],
  producer: [producerKafka],
  kafka: [producerKafka, kafkaZookeeper],
  consumer: [consumerKafka, toPostgres('consumer')],
  worker: [consumerKafka, toPostgres('worker'), workerIngress],
  ingress: [ingressProducer],
}

/** The connections of the roles that run. Vehicles always connect. */
function connectionsOf(config: PlatformConfig): readonly ProxiedConnection[] {
  const running = roleNames.filter((role) => runsIn(roles[role], config, 'processes'))
  return [vehicleIngress, ...running.flatMap((role) => proxiedConnections[role] ?? [])]
}

/** The links of a platform on this machine, and a topology whose services use them. */
export class LocalLinks implements AsyncDisposable {
  readonly #config: PlatformConfig
  readonly #base: Placement
  readonly #firstListener: number
  /** By connection, instance and port. */
  readonly #proxies = new Map<string, FaultProxy>()

  private constructor(config: PlatformConfig, base: Placement, firstListener: number) {
    this.#config = config
    this.#base = base
    this.#firstListener = firstListener
  }

  static async open(config: PlatformConfig, folders: Folders): Promise<LocalLinks> {
    const firstListener = await freeRun(config.kafka.instances)
    const links = new LocalLinks(config, localPlacement(config, folders), firstListener)
    for (const pair of connectionsOf(config)) await links.#open(pair)
    return links
  }

  async #open(pair: ProxiedConnection): Promise<void> {
    for (let instance = 0; instance < this.#instancesOf(pair.to); instance += 1) {
      for (const port of pair.ports) {
        const key = keyOf(pair, instance, port)
        if (this.#proxies.has(key)) continue
        this.#proxies.set(key, await FaultProxy.open(this.#targetOf(pair, instance, port)))
      }
    }
  }

  /** A Postgres of the user is one server. */
  #instancesOf(role: Role): number {
    const isExternal = role === 'postgres' && usesExternalPostgres(this.#config)
    return isExternal ? 1 : roles[role].instances(this.#config)
  }

  /**
   * Each broker has a separate listener for consumers, because a listener has one advertised
   * address.
   */
  #targetOf({ name, to }: ProxiedConnection, instance: number, port: PortName): Address {
    if (name === consumerKafka.name) return this.#consumerListener(instance)
    if (to === 'postgres' && usesExternalPostgres(this.#config))
      return externalAddress(this.#config)
    return this.#base.reach(to, instance, port)
  }

  #consumerListener(instance: number): Address {
    return { host: '127.0.0.1', port: this.#firstListener + instance }
  }

  get links(): Link[] {
    const byName = new Map(connectionsOf(this.#config).map((pair) => [pair.name, pair]))
    const keys = [...this.#proxies.keys()]
    // An existing Kafka is reached without a proxy.
    const opened = [...byName.values()].filter(({ name }) =>
      keys.some((key) => key.startsWith(`${name} `)),
    )
    return opened.map((pair) => this.#linkOf(pair))
  }

  #linkOf({ name, roles }: ProxiedConnection): Link {
    const each = (act: (proxy: FaultProxy) => void) => (): Promise<void> => {
      for (const [key, proxy] of this.#proxies) if (key.startsWith(`${name} `)) act(proxy)
      return Promise.resolve()
    }
    return {
      name,
      roles,
      cut: each((proxy) => {
        proxy.cut()
      }),
      slow: each((proxy) => {
        proxy.slow()
      }),
      heal: each((proxy) => {
        proxy.heal()
      }),
    }
  }

  /** The address of the ingress for vehicles. */
  get ingress(): Address {
    return this.#through(vehicleIngress, 0, 'main')
  }

  #through(pair: ProxiedConnection, instance: number, port: PortName): Address {
    const proxy = this.#proxies.get(keyOf(pair, instance, port))
    if (proxy === undefined) throw new Error(`no proxy for ${pair.name}, instance ${instance}`)
    return proxy.address
  }

  /** Plans of all services, each with the proxy addresses that its role uses. */
  topology(): Topology {
    const seenBy = (role: Role) => topologyOf(this.#config, this.#placementFor(role), 0).stages
    return {
      stages: seenBy('fleet').map((stage, at) =>
        stage.map((plan, index) => seenBy(plan.role)[at]?.[index] ?? plan),
      ),
    }
  }

  #placementFor(role: Role): Placement {
    const base = this.#base
    const toDatabase = proxiedConnections[role]?.find(({ to }) => to === 'postgres')
    return {
      ...base,
      ...(toDatabase && { databaseAddress: this.#through(toDatabase, 0, 'main') }),
      reach: (to, instance, port) => {
        const pair = proxiedConnections[role]?.find(
          (known) => known.to === to && known.ports.includes(port),
        )
        return pair ? this.#through(pair, instance, port) : base.reach(to, instance, port)
      },
      hostListener: (instance) => {
        const reach = this.#through(consumerKafka, instance, 'main')
        return { listen: this.#consumerListener(instance), reach }
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const proxy of this.#proxies.values()) await proxy[Symbol.asyncDispose]()
  }
}

const keyOf = ({ name }: ProxiedConnection, instance: number, port: PortName): string =>
  `${name} ${instance} ${port}`
