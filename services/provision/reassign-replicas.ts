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
  /** Returns the reassignments that reach `factor`. */
  readonly plan: (state: ReplicaState, factor: number) => ReplicaMove[]
  /** The expected number of partitions: a broker may learn of new ones late. */
  readonly partitions: number
  /** Whether to wait for replicas that are not in sync even if nothing is reassigned. */
  readonly untilInSync: boolean
}

const pollIntervalMs = 500
/** How long to wait for Kafka to copy replicas. Kafka continues to copy afterwards. */
const copyTimeoutMs = 60_000
/** How long to wait for brokers that have just started to register. */
const registerTimeoutMs = 6_000

/**
 * Reassigns the partitions of a topic to the target number of brokers, and waits until the replicas
 * are in sync. Logs a warning for each target that is not reached in time.
 *
 * @returns the replicas at the end
 */
export async function reassignReplicas(
  options: Options,
  target: ReplicaTarget,
): Promise<ReplicaState> {
  const { topic, admin, logger, signal } = options
  const startedAt = performance.now()
  const isOver = (timeoutMs: number): boolean => performance.now() - startedAt > timeoutMs
  let mustBeInSync = target.untilInSync
  /** If a partition was moved twice, its latest move comes last. */
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

/** Logs each target that was not reached, and what to do. */
function warnOfProblems({ topic, logger }: Options, state: ReplicaState, factor: number): void {
  const brokers = state.brokers.length
  if (brokers < factor) {
    const advice = `${factor} replicas need ${factor} brokers, but only ${brokers} are available. Start the others (kafka.instances), then start again.`
    logger.warn({ topic, brokers, wanted: factor, advice }, 'replicas-short')
  }
  const missing = missingBrokers(state)
  if (missing.length > 0) {
    const advice =
      'These brokers have replicas but are not available. Start them with their data. If they are lost, lower kafka.replicationFactor and raise it again: other brokers then get the replicas.'
    logger.warn({ topic, brokers: missing, advice }, 'brokers-away')
  }
  const partitions = partitionsNotInSync(state)
  if (partitions.length > 0) {
    const advice = 'Kafka continues to copy in the background. Start again later to check it.'
    logger.warn({ topic, partitions, advice }, 'replicas-under-way')
  }
}
