import type { ConfigFault } from './config-fault.ts'
import type { PlatformConfig } from './config-schema.ts'
import { hostPortsOf } from './host-ports.ts'

/** The faults that only several keys together make. */
export function crossFaults(config: PlatformConfig): ConfigFault[] {
  return [
    ...portFaults(config),
    ...kafkaFaults(config),
    ...zookeeperFaults(config),
    ...pathFaults(config),
  ]
}

function portFaults(config: PlatformConfig): ConfigFault[] {
  const faults: ConfigFault[] = []
  const holders = new Map<number, string>()
  for (const { port, key, holder } of hostPortsOf(config)) {
    if (port > 65_535) {
      faults.push({
        path: key,
        problem: `leaves no port for ${holder} (${port}); choose a lower one`,
      })
    }
    const first = holders.get(port)
    if (first !== undefined) {
      const problem = `port ${port} of ${holder} is also that of ${first}; choose another`
      faults.push({ path: key, problem })
    }
    holders.set(port, first ?? `${holder} (${key})`)
  }
  return faults
}

function kafkaFaults({ kafka }: PlatformConfig): ConfigFault[] {
  const faults: ConfigFault[] = []
  if (kafka.replicationFactor > kafka.instances) {
    const brokers = kafka.instances === 1 ? '1 broker' : `${kafka.instances} brokers`
    const problem = `${kafka.replicationFactor} replicas need as many brokers, kafka.instances says ${brokers}`
    faults.push({ path: 'kafka.replicationFactor', problem })
  }
  if (kafka.minInsyncReplicas > kafka.replicationFactor) {
    const problem = `${kafka.minInsyncReplicas} cannot be in sync where kafka.replicationFactor is ${kafka.replicationFactor}`
    faults.push({ path: 'kafka.minInsyncReplicas', problem })
  }
  return faults
}

function zookeeperFaults({ zookeeper }: PlatformConfig): ConfigFault[] {
  if (zookeeper.instances % 2 === 1) return []
  const problem = `${zookeeper.instances} have no better majority than ${zookeeper.instances - 1}; expected an odd number`
  return [{ path: 'zookeeper.instances', problem }]
}

/** Paths of the ingress that are not free for the events; the router looks at no case. */
const takenPaths = ['/docs', '/openapi.json', '/receipts', '/.', '/..']

function pathFaults({ ingress }: PlatformConfig): ConfigFault[] {
  if (!takenPaths.includes(ingress.path.toLowerCase())) return []
  return [{ path: 'ingress.path', problem: `${ingress.path} is taken; choose another` }]
}
