import type { ReplicaMove, ReplicaState } from '../adapters/kafka/plan-replicas.ts'
import { missingBrokers, partitionsNotInSync, withMoves } from '../adapters/kafka/plan-replicas.ts'
import type { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import type { Logger } from '../runtime/logger.ts'
import { sleep } from '../runtime/retry.ts'

type Options = {
  readonly topic: string
  readonly admin: TopicAdmin
  readonly logger: Logger
  readonly signal: AbortSignal
}

type ReplicaTarget = {
  readonly factor: number
  /** What to ask of Kafka for the sake of `factor`. */
  readonly plan: (state: ReplicaState, factor: number) => ReplicaMove[]
  /** How many partitions there must be: a broker may be late to know of new ones. */
  readonly partitions: number
  /** Whether to wait for replicas that lag behind even where none were asked for. */
  readonly untilInSync: boolean
}

const pollIntervalMs = 500
/** Milliseconds for Kafka to copy replicas; it goes on by itself afterwards. */
const copyTimeoutMs = 60_000
/** Milliseconds for brokers that have just started to register. */
const registerTimeoutMs = 6_000

/**
 * Has every partition of a topic brought to as many brokers as wanted, and waits until they have
 * all of it. What Kafka does not allow, or not in time, is a warning.
 *
 * @returns where the partitions are at the end
 */
export async function reassignReplicas(
  options: Options,
  target: ReplicaTarget,
): Promise<ReplicaState> {
  const { topic, admin, logger, signal } = options
  const startedAt = performance.now()
  const isOver = (timeoutMs: number): boolean => performance.now() - startedAt > timeoutMs
  let mustBeInSync = target.untilInSync
  /** The latest of a partition last. */
  const acceptedMoves: ReplicaMove[] = []
  for (;;) {
    signal.throwIfAborted()
    const state = withMoves(await admin.replicas(), acceptedMoves)
    const moves = target.plan(state, target.factor)
    if (moves.length > 0) {
      await admin.reassign(moves)
      acceptedMoves.push(...moves)
      logger.info({ topic, partitions: moves.length, to: target.factor }, 'replicas-reassigned')
      mustBeInSync = true
    }
    const isSettled = moves.length === 0 && !(mustBeInSync && partitionsNotInSync(state).length > 0)
    const hasAllPartitions = state.partitions.length >= target.partitions
    const hasAllBrokers = state.brokers.length >= target.factor || isOver(registerTimeoutMs)
    if ((isSettled && hasAllPartitions && hasAllBrokers) || isOver(copyTimeoutMs)) {
      warnOfProblems(options, state, target.factor)
      return state
    }
    await sleep(pollIntervalMs, signal)
  }
}

/** Says what is not as it was wanted, and what can be done about it. */
function warnOfProblems({ topic, logger }: Options, state: ReplicaState, factor: number): void {
  const brokers = state.brokers.length
  if (brokers < factor) {
    const advice = `${factor} replicas need as many brokers, ${brokers} are there: start the others (kafka.instances), then start again`
    logger.warn({ topic, brokers, wanted: factor, advice }, 'replicas-short')
  }
  const missing = missingBrokers(state)
  if (missing.length > 0) {
    const advice =
      'these brokers hold replicas and are not there: start them with their data; where they are gone for good, lower kafka.replicationFactor and raise it again, and others take over'
    logger.warn({ topic, brokers: missing, advice }, 'brokers-away')
  }
  const partitions = partitionsNotInSync(state)
  if (partitions.length > 0) {
    const advice = 'Kafka goes on copying by itself: start again later to have it checked'
    logger.warn({ topic, partitions, advice }, 'replicas-under-way')
  }
}
