import { UserError } from '../../../infra/checks/user-error.ts'
import { seedLabel, vehicleLabels, vehiclePod } from '../../../infra/kubernetes/vehicle-pod.ts'
import { eventsInCluster } from '../../../infra/kubernetes/addresses.ts'
import { whenAborted } from '../../../services/runtime/abort.ts'
import { sleep } from '../../../services/runtime/retry.ts'
import { print } from '../../cli/output.ts'
import { countNoun } from '../../fleet/fleet-in-process.ts'
import type { VehicleRunner, WantedVehicles } from '../target.ts'
import type { Cluster } from './cluster.ts'
import { selector } from './cluster.ts'
import { openCluster } from './open-cluster.ts'
import type { PlatformRecord } from './platform.ts'
import { readRecord, secretNamesIn } from './platform.ts'
import type { Pod } from './pods.ts'
import { isReady, reasonOf } from './pods.ts'

const pollMs = 1_000
/** Time for the nodes to pull the image and to start all pods. */
const startSeconds = 180
/** Time for the vehicles to send their waiting readings and to end. */
const endSeconds = 60

export const vehicles: VehicleRunner = {
  // A pod has no files of this machine.
  takes: ({ host, trace, caFile, tokenFile }) =>
    [host, trace, caFile, tokenFile].every((given) => given === undefined),
  start: async (wanted, signal) => {
    if (!vehicles.takes(wanted)) throw new UserError(onlyInProcess)
    const cluster = await openCluster(wanted.choice, wanted.config)
    return driveInPods(cluster, wanted, signal)
  },
  takeDown: async (config, choice) => {
    const count = await removeVehicles(await openCluster(choice, config))
    print(count === 0 ? 'There are no vehicle pods.' : `Removed ${countNoun(count, 'pod')}.`)
    return 0
  },
}

const onlyInProcess =
  '--host, --trace, --ca-file and --token-file are not for vehicles in pods. Give --in process as well: the vehicles then run in this process.'

/** Runs the pods until the signal. Resolves to the exit code. */
async function driveInPods(
  cluster: Cluster,
  wanted: WantedVehicles,
  signal: AbortSignal,
): Promise<number> {
  const { seed, numVehicles } = wanted
  const record = await requireRecord(cluster)
  const pods = await toPods(cluster, record, wanted)
  await requireFreshSeed(cluster, seed)
  try {
    await cluster.create(pods)
    await untilRunning(cluster, { seed, count: pods.length }, signal)
    const vehicles = `${countNoun(numVehicles, 'vehicle')} in ${countNoun(pods.length, 'pod')}`
    const url = eventsInCluster(record.config)
    if (!signal.aborted)
      print(`${vehicles} with seed ${seed} report to ${url}. Stop them with Ctrl-C.`)
    await whenAborted(signal)
  } catch (error) {
    // Ctrl-C also ends a kubectl that is running.
    if (!isAborted(signal)) throw error
  } finally {
    // They send their waiting readings first.
    print('Stopping the vehicles ...')
    const count = await removeVehicles(cluster, { [seedLabel]: String(seed) })
    print(`Removed ${countNoun(count, 'pod')}.`)
  }
  return 0
}

async function requireRecord(cluster: Cluster): Promise<PlatformRecord> {
  const record = await readRecord(cluster)
  if (record) return record
  throw new UserError(
    `The namespace ${cluster.namespace} of the context ${cluster.context} has no platform. Start one: scripts/launch-infra.sh --target kubernetes.`,
  )
}

async function toPods(
  cluster: Cluster,
  record: PlatformRecord,
  wanted: WantedVehicles,
): Promise<object[]> {
  const { seed, numVehicles, vehiclesPerContainer, verbose } = wanted
  const secrets = await secretNamesIn(cluster)
  const { vehicleImage: image, imagePlatform: platform } = record
  const { reportIntervalSeconds } = wanted.config.fleet
  // The platform of the namespace may be another one than that of the clone.
  const fleet = { ...record.config.fleet, reportIntervalSeconds }
  const config = { ...record.config, fleet }
  return Array.from({ length: Math.ceil(numVehicles / vehiclesPerContainer) }, (_, index) => {
    const firstVehicle = index * vehiclesPerContainer
    const share = {
      ...{ seed, firstVehicle },
      numVehicles: Math.min(vehiclesPerContainer, numVehicles - firstVehicle),
    }
    return vehiclePod({ config, image, platform, share, secrets, verbose })
  })
}

async function requireFreshSeed(cluster: Cluster, seed: number): Promise<void> {
  const present = await podsOfSeed(cluster, seed)
  if (present.length === 0) return
  throw new UserError(
    `Vehicles with seed ${seed} already exist. Remove them with npm run fleet -- --target kubernetes --down, or choose another --seed.`,
  )
}

const podsOfSeed = (cluster: Cluster, seed: number) =>
  cluster.list<Pod>('pods', { ...vehicleLabels, [seedLabel]: String(seed) })

/** @throws UserError with the reason of a pod that does not start in time */
async function untilRunning(
  cluster: Cluster,
  { seed, count }: { readonly seed: number; readonly count: number },
  signal: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + startSeconds * 1_000
  while (!signal.aborted) {
    const pods = await podsOfSeed(cluster, seed)
    const waiting = pods.find((pod) => !isReady(pod))
    if (waiting === undefined && pods.length >= count) return
    if (Date.now() > deadline) throw notStarted(cluster, waiting)
    await sleep(pollMs, signal)
  }
}

function notStarted({ namespace }: Cluster, pod: Pod | undefined): UserError {
  if (pod === undefined) return new UserError('Pods with vehicles were deleted while they started.')
  const { name } = pod.metadata
  const reason = reasonOf(pod) ?? pod.status.phase
  return new UserError(
    `The pod ${name} has not started in ${startSeconds} s (${reason}). See kubectl -n ${namespace} describe pod ${name}.`,
  )
}

async function untilGone(
  cluster: Cluster,
  wanted: Readonly<Record<string, string>>,
): Promise<void> {
  const deadline = Date.now() + endSeconds * 1_000
  while ((await cluster.list<Pod>('pods', wanted)).length > 0) {
    if (Date.now() > deadline) throw new UserError(`The pods have not ended in ${endSeconds} s.`)
    await sleep(pollMs)
  }
}

/**
 * Removes vehicles, and waits until they have sent their waiting readings and ended.
 *
 * @param more labels that the pods must have
 * @returns the number of pods
 */
export async function removeVehicles(
  cluster: Cluster,
  more: Readonly<Record<string, string>> = {},
): Promise<number> {
  const wanted = { ...vehicleLabels, ...more }
  const pods = await cluster.list<Pod>('pods', wanted)
  if (pods.length > 0) {
    await cluster.run('delete', 'pods', selector(wanted), '--wait=false')
    await untilGone(cluster, wanted)
  }
  return pods.length
}

const isAborted = (signal: AbortSignal): boolean => signal.aborted
