import type { ConfigFault } from './config-fault.ts'
import type { PlatformConfig } from './config-schema.ts'
import { hasOwnKafka } from '../topology/external/kafka.ts'
import { hostPortsOf } from '../topology/host-ports.ts'
import { externalKafkaFaults } from './external/kafka.ts'
import { externalPostgresFaults } from './external/postgres.ts'
import { reservedTables } from './reserved-tables.ts'

export type { ConfigFault } from './config-fault.ts'

/** Checks that concern several keys, and names that are reserved. */
export function crossChecks(config: PlatformConfig): ConfigFault[] {
  return [
    ...tableFaults(config),
    ...portFaults(config),
    ...kafkaFaults(config),
    ...externalKafkaFaults(config),
    ...zookeeperFaults(config),
    ...pathFaults(config),
    ...objectFaults(config),
    ...tlsFaults(config),
    ...externalPostgresFaults(config),
  ]
}

function tableFaults({ postgres: { table } }: PlatformConfig): ConfigFault[] {
  if (!reservedTables.includes(table) && !table.startsWith('pg_')) return []
  const problem = `${table} is reserved, like ${reservedTables.join(', ')} and names that begin with pg_; choose another name`
  return [{ path: 'postgres.table', problem }]
}

function portFaults(config: PlatformConfig): ConfigFault[] {
  const faults: ConfigFault[] = []
  const holders = new Map<number, string>()
  const taken = new Set<string>()
  for (const { port, key, holder } of hostPortsOf(config)) {
    const path = key ?? holder
    // A service may listen on one port at several addresses.
    const use = `${holder} ${port} ${path}`
    if (taken.has(use)) continue
    taken.add(use)
    if (port > 65_535) {
      faults.push({
        path,
        problem: `is too high: ${holder} would get port ${port}; choose a lower port`,
      })
    }
    const first = holders.get(port)
    if (first !== undefined) {
      const problem = `port ${port} of ${holder} is also used by ${first}; choose another port`
      faults.push({ path, problem })
    }
    holders.set(port, first ?? (key === undefined ? holder : `${holder} (${key})`))
  }
  return faults
}

function kafkaFaults({ kafka }: PlatformConfig): ConfigFault[] {
  const faults: ConfigFault[] = []
  if (/^\.{1,2}$|^__/.test(kafka.topic)) {
    const problem = `Kafka does not allow . and .., and names that begin with __ are for its own topics (got ${JSON.stringify(kafka.topic)}); choose another name`
    faults.push({ path: 'kafka.topic', problem })
  }
  if (hasOwnKafka({ kafka }) && kafka.replicationFactor > kafka.instances) {
    const problem = `${kafka.replicationFactor} replicas need ${kafka.replicationFactor} brokers, but kafka.instances is ${kafka.instances}`
    faults.push({ path: 'kafka.replicationFactor', problem })
  }
  if (kafka.minInsyncReplicas > kafka.replicationFactor) {
    const problem = `${kafka.minInsyncReplicas} is more than kafka.replicationFactor (${kafka.replicationFactor})`
    faults.push({ path: 'kafka.minInsyncReplicas', problem })
  }
  return faults
}

function zookeeperFaults({ zookeeper }: PlatformConfig): ConfigFault[] {
  if (zookeeper.instances % 2 === 1) return []
  const problem = `${zookeeper.instances} is even, which survives no more failures than ${zookeeper.instances - 1}; expected an odd number`
  return [{ path: 'zookeeper.instances', problem }]
}

/** Paths that cannot be used for the events. The router ignores upper and lower case. */
const reservedPaths = ['/docs', '/openapi.json', '/receipts', '/.', '/..']

function pathFaults({ ingress }: PlatformConfig): ConfigFault[] {
  if (!reservedPaths.includes(ingress.path.toLowerCase())) return []
  return [{ path: 'ingress.path', problem: `${ingress.path} is reserved; choose another path` }]
}

const bothCertificates: ConfigFault = {
  path: 'ingress.tls.selfSigned',
  problem:
    'cannot be used together with certFile and keyFile; remove them, or set selfSigned to false',
}

function tlsFaults({ ingress: { tls } }: PlatformConfig): ConfigFault[] {
  const { certFile, keyFile, selfSigned } = tls
  if (selfSigned && (certFile !== '' || keyFile !== '')) return [bothCertificates]
  if ((certFile === '') === (keyFile === '')) return []
  const [set, missing] = certFile === '' ? ['keyFile', 'certFile'] : ['certFile', 'keyFile']
  return [
    {
      path: `ingress.tls.${missing}`,
      problem: `must name a file, because ingress.tls.${set} does`,
    },
  ]
}

/** An S3 server and its keys belong together. */
function objectFaults({ objects }: PlatformConfig): ConfigFault[] {
  const { endpoint, accessKeyFile, secretKeyFile } = objects
  return Object.entries({ accessKeyFile, secretKeyFile }).flatMap(([key, file]): ConfigFault[] => {
    if ((endpoint === '') === (file === '')) return []
    const path = `objects.${key}`
    if (file === '') return [{ path, problem: 'objects.endpoint needs it; name a file' }]
    return [{ path, problem: 'it is used only with objects.endpoint; set that, or remove the key' }]
  })
}
