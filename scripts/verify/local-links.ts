import type { Address } from '../../infra/topology/addresses.ts'
import type { PlatformConfig } from '../../infra/config/config.ts'
import type { Folders } from '../../infra/local/folders.ts'
import { localPlacement } from '../../infra/local/placement.ts'
import type { Placement, PortName } from '../../infra/topology/placement.ts'
import type { Role } from '../../infra/topology/role-registry.ts'
import { roles } from '../../infra/topology/role-registry.ts'
import type { Topology } from '../../infra/topology/topology.ts'
import { topologyOf } from '../../infra/topology/topology.ts'
import { freeRun } from '../platform/scratch-ports.ts'
import { FaultProxy } from './fault-proxy.ts'
import type { Link } from './platform-under-test.ts'

/** A connection of the topology that goes through fault proxies. */
type ProxiedConnection = {
  readonly name: string
  readonly to: Role
  readonly ports: readonly PortName[]
}

/** Connections of each role that go through proxies. All other connections are direct. */
const proxiedConnections: Readonly<Partial<Record<Role, readonly ProxiedConnection[]>>> = {
  // Brokers reach each other through the same proxy, because a broker has one advertised address.
  provision: [{ name: 'producer–kafka', to: 'kafka', ports: ['main'] }],
  producer: [{ name: 'producer–kafka', to: 'kafka', ports: ['main'] }],
  kafka: [
    { name: 'producer–kafka', to: 'kafka', ports: ['main'] },
    { name: 'kafka–zookeeper', to: 'zookeeper', ports: ['main'] },
  ],
  consumer: [
    { name: 'consumer–kafka', to: 'kafka', ports: ['main'] },
    { name: 'consumer–postgres', to: 'postgres', ports: ['main'] },
  ],
  ingress: [{ name: 'ingress–producer', to: 'producer', ports: ['main', 'ops'] }],
}
const vehicleConnection: ProxiedConnection = {
  name: 'vehicle–ingress',
  to: 'ingress',
  ports: ['main'],
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
    for (const pair of [vehicleConnection, ...Object.values(proxiedConnections).flat()])
      await links.#open(pair)
    return links
  }

  async #open(pair: ProxiedConnection): Promise<void> {
    for (let instance = 0; instance < roles[pair.to].instances(this.#config); instance += 1) {
      for (const port of pair.ports) {
        const key = keyOf(pair, instance, port)
        if (this.#proxies.has(key)) continue
        this.#proxies.set(key, await FaultProxy.open(this.#targetOf(pair, instance, port)))
      }
    }
  }

  /**
   * Each broker has a separate listener for consumers, because a listener has one advertised
   * address.
   */
  #targetOf({ name, to }: ProxiedConnection, instance: number, port: PortName): Address {
    if (name === 'consumer–kafka') return this.#consumerListener(instance)
    return this.#base.reach(to, instance, port)
  }

  #consumerListener(instance: number): Address {
    return { host: '127.0.0.1', port: this.#firstListener + instance }
  }

  get links(): Link[] {
    const names = new Set(
      [vehicleConnection, ...Object.values(proxiedConnections).flat()].map(({ name }) => name),
    )
    return [...names].map((name) => this.#linkOf(name))
  }

  #linkOf(name: string): Link {
    const each = (act: (proxy: FaultProxy) => void) => (): Promise<void> => {
      for (const [key, proxy] of this.#proxies) if (key.startsWith(`${name} `)) act(proxy)
      return Promise.resolve()
    }
    return {
      name,
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
    return this.#through(vehicleConnection, 0, 'main')
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
    return {
      ...base,
      reach: (to, instance, port) => {
        const pair = proxiedConnections[role]?.find(
          (known) => known.to === to && known.ports.includes(port),
        )
        return pair ? this.#through(pair, instance, port) : base.reach(to, instance, port)
      },
      hostListener: (instance) => {
        const pair = proxiedConnections.consumer?.find(({ to }) => to === 'kafka')
        if (pair === undefined) return undefined
        const reach = this.#through(pair, instance, 'main')
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
