import { eventsAddress, ingressAddress } from '../../../infra/topology/addresses.ts'
import type { PlatformConfig } from '../../../infra/config/config.ts'
import { completeConfig } from '../../../infra/config/recorded-config.ts'
import type { Folders } from '../../../infra/local/folders.ts'
import { bucketFolder, localPlacement } from '../../../infra/local/placement.ts'
import { isReady } from '../../../infra/local/readiness.ts'
import type { RunRecord } from '../../../infra/local/run-record.ts'
import { runningPlatform } from '../../../infra/local/run-record.ts'
import type { ServicePlan } from '../../../infra/topology/service-plan.ts'
import { servicesOf, topologyOf } from '../../../infra/topology/topology.ts'
import { bucketOfPlatform } from '../../platform/bucket.ts'
import {
  givenPassword,
  localPassword,
  localPlatformToken,
  ownerPool,
  psqlLine,
} from '../../platform/database.ts'
import { localKafkaOf } from '../../platform/kafka-queries.ts'
import { folders } from '../../platform/paths.ts'
import { probesFor } from '../../platform/probes.ts'
import { operationsOnThisMachine, whyNotReady } from '../../platform/why-not-ready.ts'
import type { RunningPlatform, ServiceState, Target } from '../target.ts'

/** Processes of this machine, which `npm start` supervises. */
export const local: Target = {
  name: 'local',
  place: 'on this machine',
  options: [],
  isMeantBy: () => false,
  find: ({ given }) => Promise.resolve(findHere(given)),
  verification: async () => (await import('./verification.ts')).verification,
}

/** @param given a configuration whose network has the name of the platform; undefined: any */
function findHere(given: PlatformConfig | undefined): RunningPlatform | undefined {
  const at = folders()
  const recorded = runningPlatform(at.state)
  if (!recorded || (given && recorded.config.network.name !== given.network.name)) return undefined
  const config = completeConfig(recorded.config)
  const record = { ...recorded, config }
  return {
    target: local.name,
    config,
    place: local.place,
    unit: 'process',
    network: null,
    eventsUrl: eventsAddress(config, { kind: 'processes' }),
    psqlLine: psqlLine(config, at),
    serviceStates: () => processStates(record, at),
    vehicles: () => Promise.resolve([]),
    pool: () => Promise.resolve(ownerPool(config, localPassword(at))),
    password: (role) => givenPassword(config, role) ?? Promise.resolve(localPassword(at, role)),
    platformToken: () => Promise.resolve(localPlatformToken(at)),
    kafka: () => Promise.resolve(localKafkaOf(config, at)),
    bucket: () =>
      Promise.resolve(bucketOfPlatform(config, bucketFolder(at, config.objects.bucket))),
    ingress: () => Promise.resolve(ingressAddress(config)),
    operations: (role) => Promise.resolve(operationsOnThisMachine(config, role)),
  }
}

async function processStates(record: RunRecord, at: Folders): Promise<ServiceState[]> {
  const { config, fleetSeed, processes } = record
  const topology = topologyOf(config, localPlacement(config, at), fleetSeed)
  const probes = probesFor(config, at)
  const stateOf = async (plan: ServicePlan): Promise<ServiceState> => {
    const { name, ready } = plan
    const running = processes.find((process) => process.name === name)
    if (!running) return { name, where: '', state: 'down', reason: null }
    const where = String(running.pid)
    if (await isReady(ready, probes)) return { name, where, state: 'ready', reason: null }
    return { name, where, state: 'not ready', reason: await whyNotReady(config, plan) }
  }
  const plans = servicesOf(topology).filter(({ ready }) => ready.kind !== 'exit')
  return Promise.all(plans.map(stateOf))
}
