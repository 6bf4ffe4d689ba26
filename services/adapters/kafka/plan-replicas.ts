import type { OngoingPartitionReassignment, PartitionMetadata } from 'kafkajs'

/** The replicas of a partition; brokers by their id. */
export type PartitionReplicas = {
  readonly partition: number
  readonly leader: number
  /** The assigned brokers, after the running reassignment. */
  readonly replicas: readonly number[]
  /** The brokers that are in sync. */
  readonly inSync: readonly number[]
  /** Whether Kafka is still copying it to other brokers. */
  readonly isMoving: boolean
}

/** The replicas of all partitions of a topic, and the registered brokers. */
export type ReplicaState = {
  readonly brokers: readonly number[]
  readonly partitions: readonly PartitionReplicas[]
}

/** The new brokers of a partition, the leader first. */
export type ReplicaMove = { readonly partition: number; readonly replicas: readonly number[] }

/**
 * The reassignments after which every partition has `factor` replicas, or as many as there are
 * brokers. The leader stays and comes first: it has all acknowledged records. A partition with the
 * right number of replicas stays unchanged. So does a partition whose leader is not available: it
 * cannot be copied. New replicas go to the brokers with the fewest replicas. Replicas are removed
 * first from missing brokers, then from brokers that are not in sync, then from brokers with the
 * most replicas.
 */
export function planReplicas(state: ReplicaState, factor: number): ReplicaMove[] {
  const load = new Map(state.brokers.map((broker) => [broker, 0]))
  const count = (brokers: readonly number[], by: number): void => {
    for (const broker of brokers) load.set(broker, (load.get(broker) ?? 0) + by)
  }
  for (const { replicas } of state.partitions) count(replicas, 1)
  return state.partitions.flatMap((present) => {
    const byLoad = leastLoadedFirst(load, present.leader)
    const replicas = chooseReplicas(present, { brokers: state.brokers, factor, byLoad })
    if (replicas === undefined) return []
    count(present.replicas, -1)
    count(replicas, 1)
    return [{ partition: present.partition, replicas }]
  })
}

type Order = (left: number, right: number) => number
type Choice = {
  readonly brokers: readonly number[]
  readonly factor: number
  readonly byLoad: Order
}

/** The new replicas; undefined if the partition stays unchanged. */
function chooseReplicas(
  { leader, replicas, inSync }: PartitionReplicas,
  { brokers, factor, byLoad }: Choice,
): number[] | undefined {
  if (!brokers.includes(leader) || replicas.length === factor) return undefined
  const followers = replicas.filter((broker) => broker !== leader)
  if (replicas.length < factor) {
    const free = brokers.filter((broker) => broker !== leader && !followers.includes(broker))
    const added = free.sort(byLoad).slice(0, factor - 1 - followers.length)
    return added.length === 0 ? undefined : [leader, ...followers, ...added]
  }
  const preference = (broker: number): number =>
    (brokers.includes(broker) ? 2 : 0) + (inSync.includes(broker) ? 1 : 0)
  const bestFirst = followers.sort((a, b) => preference(b) - preference(a) || byLoad(a, b))
  return [leader, ...bestFirst.slice(0, factor - 1)]
}

/**
 * Brokers with few replicas first; among equals the next after the leader, so that load is spread
 * evenly.
 */
function leastLoadedFirst(load: ReadonlyMap<number, number>, leader: number): Order {
  const brokers = [...load.keys()].sort((left, right) => left - right)
  const distance = (broker: number): number =>
    (brokers.indexOf(broker) - brokers.indexOf(leader) + brokers.length) % brokers.length
  return (left, right) =>
    (load.get(left) ?? 0) - (load.get(right) ?? 0) || distance(left) - distance(right)
}

/** Like `planReplicas`, but never removes replicas. */
export function planAddedReplicas(state: ReplicaState, factor: number): ReplicaMove[] {
  const tooFew = state.partitions.filter(({ replicas }) => replicas.length < factor)
  const grown = new Set(tooFew.map(({ partition }) => partition))
  return planReplicas(state, factor).filter(({ partition }) => grown.has(partition))
}

/**
 * Adds moves that Kafka has accepted but does not report yet. For a moment a broker still returns
 * the old replicas, while the controller no longer lists the finished reassignment.
 */
export function withMoves(state: ReplicaState, moves: readonly ReplicaMove[]): ReplicaState {
  const replicasOfMove = new Map(moves.map(({ partition, replicas }) => [partition, replicas]))
  const partitions = state.partitions.map((present) => {
    const replicas = replicasOfMove.get(present.partition)
    if (replicas === undefined || present.isMoving) return present
    const isShown = [...replicas].sort().join() === [...present.replicas].sort().join()
    return isShown ? present : { ...present, replicas, isMoving: true }
  })
  return { ...state, partitions }
}

/** The partitions that Kafka still copies, or that an available broker is not in sync with. */
export function partitionsNotInSync({ brokers, partitions }: ReplicaState): number[] {
  const lags = ({ replicas, inSync }: PartitionReplicas): boolean =>
    replicas.some((broker) => brokers.includes(broker) && !inSync.includes(broker))
  return partitions
    .filter((present) => present.isMoving || lags(present))
    .map(({ partition }) => partition)
}

/** The brokers that have replicas but are not registered. */
export function missingBrokers({ brokers, partitions }: ReplicaState): number[] {
  const holders = new Set(partitions.flatMap(({ replicas }) => replicas))
  return [...holders].filter((broker) => !brokers.includes(broker)).sort((a, b) => a - b)
}

/** The number of in-sync replicas that every partition has at least. */
export function minInSyncReplicas({ partitions }: ReplicaState): number {
  const counts = partitions.map(
    ({ replicas, inSync }) => replicas.filter((broker) => inSync.includes(broker)).length,
  )
  return Math.min(...counts)
}

/** The running reassignments by partition. */
export type Reassignments = ReadonlyMap<number, OngoingPartitionReassignment>

/** The replicas of a partition, as kafkajs describes them. */
export function toReplicas(
  partition: PartitionMetadata,
  reassignments: Reassignments,
): PartitionReplicas {
  const move = reassignments.get(partition.partitionId)
  const removed = move?.removingReplicas ?? []
  return {
    partition: partition.partitionId,
    leader: partition.leader,
    replicas: (move?.replicas ?? partition.replicas).filter((broker) => !removed.includes(broker)),
    inSync: partition.isr,
    isMoving: move !== undefined,
  }
}
