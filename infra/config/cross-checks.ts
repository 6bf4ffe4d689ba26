import type { PlatformConfig } from './config-schema.ts'
import { hostPortsOf } from '../topology/host-ports.ts'
import { reservedTables } from './reserved-tables.ts'

/** What is wrong at one place of the configuration, and what would be right. */
export type ConfigFault = { readonly path: string; readonly problem: string }

/** The faults that no key makes by itself, and names that are taken. */
export function crossChecks(config: PlatformConfig): ConfigFault[] {
  return [
    ...tableFaults(config),
    ...portFaults(config),
    ...kafkaFaults(config),
    ...zookeeperFaults(config),
    ...pathFaults(config),
  ]
}

function tableFaults({ postgres: { table } }: PlatformConfig): ConfigFault[] {
  if (!reservedTables.includes(table) && !table.startsWith('pg_')) return []
  const problem = `${table} is taken, as are ${reservedTables.join(', ')} and what begins with pg_; choose another`
  return [{ path: 'postgres.table', problem }]
}

function portFaults(config: PlatformConfig): ConfigFault[] {
  const faults: ConfigFault[] = []
  const holders = new Map<number, string>()
  for (const { port, key, holder } of hostPortsOf(config)) {
    const path = key ?? holder
    if (port > 65_535) {
      faults.push({
        path,
        problem: `leaves no port for ${holder} (${port}); choose a lower one`,
      })
    }
    const first = holders.get(port)
    if (first !== undefined) {
      const problem = `port ${port} of ${holder} is also that of ${first}; choose another`
      faults.push({ path, problem })
    }
    holders.set(port, first ?? (key === undefined ? holder : `${holder} (${key})`))
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
