import type { ReplicaMove, ReplicaState } from '../adapters/kafka/plan-replicas.ts'
import { brokersAway, unsettledPartitions, withMoves } from '../adapters/kafka/plan-replicas.ts'
import type { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import type { Logger } from '../runtime/logger.ts'
import { sleep } from '../runtime/retry.ts'

type Options = {
  readonly topic: string
  readonly admin: TopicAdmin
  readonly logger: Logger
  readonly signal: AbortSignal
}

type Wanted = {
  readonly factor: number
  /** What to ask of Kafka for the sake of `factor`. */
  readonly plan: (state: ReplicaState, factor: number) => ReplicaMove[]
  /** How many partitions there must be: a broker may be late to know of new ones. */
  readonly partitions: number
  /** Whether to wait for replicas that lag behind even where none were asked for. */
  readonly untilInSync: boolean
}

const lookEveryMs = 500
/** Milliseconds for Kafka to copy replicas; it goes on by itself afterwards. */
const copyPatience = 60_000
/** Milliseconds for brokers that have just started to register. */
const registerPatience = 6_000

/**
 * Has every partition of a topic brought to as many brokers as wanted, and waits until they have
 * all of it. What Kafka does not allow, or not in time, is a warning.
 *
 * @returns where the partitions are at the end
 */
export async function settleReplicas(options: Options, wanted: Wanted): Promise<ReplicaState> {
  const { topic, admin, logger, signal } = options
  const began = performance.now()
  const isLate = (patience: number): boolean => performance.now() - began > patience
  let mustBeInSync = wanted.untilInSync
  /** The latest of a partition last. */
  const taken: ReplicaMove[] = []
  for (;;) {
    signal.throwIfAborted()
    const state = withMoves(await admin.replicas(), taken)
    const moves = wanted.plan(state, wanted.factor)
    if (moves.length > 0) {
      await admin.reassign(moves)
      taken.push(...moves)
      logger.info({ topic, partitions: moves.length, to: wanted.factor }, 'replicas-reassigned')
      mustBeInSync = true
    }
    const isSettled = moves.length === 0 && !(mustBeInSync && unsettledPartitions(state).length > 0)
    const isWhole = state.partitions.length >= wanted.partitions
    const isComplete = state.brokers.length >= wanted.factor || isLate(registerPatience)
    if ((isSettled && isWhole && isComplete) || isLate(copyPatience)) {
      warn(options, state, wanted.factor)
      return state
    }
    await sleep(lookEveryMs, signal)
  }
}

/** Says what is not as it was wanted, and what can be done about it. */
function warn({ topic, logger }: Options, state: ReplicaState, factor: number): void {
  const brokers = state.brokers.length
  if (brokers < factor) {
    const advice = `${factor} replicas need as many brokers, ${brokers} are there: start the others (kafka.instances), then start again`
    logger.warn({ topic, brokers, wanted: factor, advice }, 'replicas-short')
  }
  const away = brokersAway(state)
  if (away.length > 0) {
    const advice =
      'these brokers hold replicas and are not there: start them with their data; where they are gone for good, lower kafka.replicationFactor and raise it again, and others take over'
    logger.warn({ topic, brokers: away, advice }, 'brokers-away')
  }
  const partitions = unsettledPartitions(state)
  if (partitions.length > 0) {
    const advice = 'Kafka goes on copying by itself: start again later to have it checked'
    logger.warn({ topic, partitions, advice }, 'replicas-under-way')
  }
}
