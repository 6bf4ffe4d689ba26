import { hasOwnKafka } from '../../topology/external/kafka.ts'
import type { ConfigFault } from '../config-fault.ts'
import type { PlatformConfig } from '../config-schema.ts'

const onlyExternal = 'is used only with kafka.external.brokers; set that, or remove this key'

/** Settings of an existing Kafka that do not fit together, or do not fit to servers of ours. */
export function externalKafkaFaults(config: PlatformConfig): ConfigFault[] {
  const { external } = config.kafka
  return hasOwnKafka(config)
    ? unusedKeys(external)
    : [...ownServers(config), ...tlsFaults(external), ...saslFaults(external)]
}

type External = PlatformConfig['kafka']['external']

function unusedKeys({ tls, sasl }: External): ConfigFault[] {
  const given = {
    'tls.authorityFile': tls.authorityFile,
    'sasl.mechanism': sasl.mechanism,
    'sasl.usernameFile': sasl.usernameFile,
    'sasl.passwordFile': sasl.passwordFile,
  }
  return Object.entries(given)
    .filter(([, value]) => value !== '')
    .map(([key]) => ({ path: `kafka.external.${key}`, problem: onlyExternal }))
}

/** With an existing Kafka none of our brokers and ZooKeepers runs. */
function ownServers({ kafka, zookeeper, worker }: PlatformConfig): ConfigFault[] {
  const none = (instances: number, servers: string): string =>
    `${instances} ${servers} cannot be started: the platform uses kafka.external.brokers and starts none; remove this key`
  const faults: ConfigFault[] = []
  if (kafka.instances !== 1)
    faults.push({ path: 'kafka.instances', problem: none(kafka.instances, 'brokers') })
  if (zookeeper.instances !== 1) {
    const problem = none(zookeeper.instances, 'ZooKeeper servers')
    faults.push({ path: 'zookeeper.instances', problem })
  }
  if (worker.hostAddress !== '') {
    const problem =
      'workers on other machines need a Kafka of the platform, but it uses kafka.external.brokers; remove one of the two'
    faults.push({ path: 'worker.hostAddress', problem })
  }
  return faults
}

function tlsFaults({ tls }: External): ConfigFault[] {
  if (tls.enabled || tls.authorityFile === '') return []
  const problem =
    'is used only with TLS; set kafka.external.tls.enabled to true, or remove this key'
  return [{ path: 'kafka.external.tls.authorityFile', problem }]
}

/** A mechanism and its files belong together. */
function saslFaults({ sasl }: External): ConfigFault[] {
  const { mechanism, usernameFile, passwordFile } = sasl
  return Object.entries({ usernameFile, passwordFile }).flatMap(([key, file]): ConfigFault[] => {
    if ((mechanism === '') === (file === '')) return []
    const path = `kafka.external.sasl.${key}`
    if (file === '')
      return [{ path, problem: 'kafka.external.sasl.mechanism needs it; name a file' }]
    const problem =
      'it is used only with kafka.external.sasl.mechanism; set that to plain, scram-sha-256 or scram-sha-512, or remove the key'
    return [{ path, problem }]
  })
}
