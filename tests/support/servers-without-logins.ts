import type { Probes } from '../../infra/local/readiness.ts'
import { addressText } from '../../infra/topology/addresses.ts'
import type { ServicePlan } from '../../infra/topology/service-plan.ts'
import type { Topology } from '../../infra/topology/topology.ts'
import { createKafka } from '../../services/adapters/kafka/client.ts'
import { serviceLogger } from './service-log.ts'

type Settings = Readonly<Record<string, string>>

/** The servers of a version whose Kafka and ZooKeeper had no logins. They write the same files. */
export function withoutLogins(topology: Topology): Topology {
  return mapPlans(topology, planWithoutLogins)
}

function planWithoutLogins(plan: ServicePlan): ServicePlan {
  const { logins: _, ...rest } = plan
  const settings = without(plan.settings, /^(authProvider|enforce\.auth|quorum|sasl)\./)
  if (plan.role !== 'kafka') return { ...rest, settings }
  const listeners = { 'listener.security.protocol.map': 'SERVICES:PLAINTEXT' }
  return { ...rest, settings: { ...settings, ...listeners } }
}

/** A listener of the only broker for services of a version that does not know the login. */
export function withOpenListener(topology: Topology, port: number): Topology {
  return mapPlans(topology, (plan) => {
    if (plan.role !== 'kafka') return plan
    const address = `,OPEN://127.0.0.1:${port}`
    const more: Settings = {
      listeners: address,
      'advertised.listeners': address,
      'listener.security.protocol.map': ',OPEN:PLAINTEXT',
    }
    const longer = Object.entries(more).map(([name, end]) => [
      name,
      `${plan.settings[name] ?? ''}${end}`,
    ])
    return { ...plan, settings: { ...plan.settings, ...(Object.fromEntries(longer) as Settings) } }
  })
}

/** Whether a broker without logins answers. */
export const brokerWithoutLogins: Probes['broker'] = async (address) => {
  const settings = { brokers: [addressText(address)], topic: '' }
  const kafka = createKafka(settings, 'a-probe', serviceLogger)
  const admin = kafka.client((own) => own.admin({ retry: { retries: 0 } }))
  try {
    await admin.connect()
    return (await admin.describeCluster()).brokers.length > 0
  } catch {
    return false
  } finally {
    admin.close()
  }
}

function mapPlans({ stages }: Topology, change: (plan: ServicePlan) => ServicePlan): Topology {
  return { stages: stages.map((stage) => stage.map(change)) }
}

const without = (settings: Settings, names: RegExp): Settings =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => !names.test(name)))
