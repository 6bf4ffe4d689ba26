/** Where a partition is, brokers by their number. */
export type PartitionReplicas = {
  readonly partition: number
  readonly leader: number
  /** The brokers that are to hold it, once what is under way is done. */
  readonly replicas: readonly number[]
  /** The brokers that have all of it. */
  readonly inSync: readonly number[]
  /** Whether Kafka is still copying it to other brokers. */
  readonly isMoving: boolean
}

/** Where the partitions of a topic are, and the brokers that are registered. */
export type ReplicaState = {
  readonly brokers: readonly number[]
  readonly partitions: readonly PartitionReplicas[]
}

/** The brokers that a partition shall be on, the one that leads it first. */
export type ReplicaMove = { readonly partition: number; readonly replicas: readonly number[] }

/**
 * What to ask of Kafka, so that every partition has `factor` replicas, or as many as there are
 * brokers. The leader stays and comes first: it has all that was acknowledged. A partition that
 * has the right number stays where it is, and so does one whose leader is away: nobody could
 * copy it. New replicas go to the brokers that have the fewest; replicas are taken from brokers
 * that are away, then from those that lag behind, then from those that have the most.
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

/** Undefined where the partition shall stay as it is. */
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

/** Brokers with few replicas first; among equals the next after the leader, so that they take turns. */
function leastLoadedFirst(load: ReadonlyMap<number, number>, leader: number): Order {
  const brokers = [...load.keys()].sort((left, right) => left - right)
  const distance = (broker: number): number =>
    (brokers.indexOf(broker) - brokers.indexOf(leader) + brokers.length) % brokers.length
  return (left, right) =>
    (load.get(left) ?? 0) - (load.get(right) ?? 0) || distance(left) - distance(right)
}

/** Plans as `planReplicas` does, and leaves alone what has more than it needs. */
export function planAddedReplicas(state: ReplicaState, factor: number): ReplicaMove[] {
  const tooFew = state.partitions.filter(({ replicas }) => replicas.length < factor)
  const grown = new Set(tooFew.map(({ partition }) => partition))
  return planReplicas(state, factor).filter(({ partition }) => grown.has(partition))
}

/**
 * The state with moves that Kafka has taken and does not show: for a moment a broker answers with
 * what was before, while the controller no longer lists what it has finished.
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

/** The partitions that Kafka still copies, or that a broker which is there lags behind with. */
export function partitionsNotInSync({ brokers, partitions }: ReplicaState): number[] {
  const lags = ({ replicas, inSync }: PartitionReplicas): boolean =>
    replicas.some((broker) => brokers.includes(broker) && !inSync.includes(broker))
  return partitions
    .filter((present) => present.isMoving || lags(present))
    .map(({ partition }) => partition)
}

/** The brokers that hold replicas and are not registered. */
export function missingBrokers({ brokers, partitions }: ReplicaState): number[] {
  const holders = new Set(partitions.flatMap(({ replicas }) => replicas))
  return [...holders].filter((broker) => !brokers.includes(broker)).sort((a, b) => a - b)
}

/** In how many replicas every partition is in sync. */
export function minInSyncReplicas({ partitions }: ReplicaState): number {
  const counts = partitions.map(
    ({ replicas, inSync }) => replicas.filter((broker) => inSync.includes(broker)).length,
  )
  return Math.min(...counts)
}
