import type { Admin } from 'kafkajs'
import type { ClosableKafka, Connections } from './closable-kafka.ts'
import type { KafkaOperation } from './requests/rights/allowed-operations.ts'
import { operationsRequest } from './requests/rights/allowed-operations.ts'
import type { PlannedTopic } from './requests/rights/other-trials.ts'
import { creationTrial, groupTrial } from './requests/rights/other-trials.ts'
import type { TopicOperation } from './requests/rights/topic-trials.ts'
import { topicTrials } from './requests/rights/topic-trials.ts'
import type { ProtocolRequest, Receiver } from './requests/protocol-requests.ts'
import { withTimeout } from './with-timeout.ts'

/** What the user of a connection may do with a topic. */
export type TopicRights = {
  /** Undefined if the user may not see it. */
  readonly exists: boolean | undefined
  readonly allowed: ReadonlySet<KafkaOperation>
  /** Why the topic could not be created with its settings, although the user may create it. */
  readonly refusal?: string
}

/** Error codes of the Kafka protocol guide. */
const codes = { none: 0, topicRefused: 29, groupRefused: 30, clusterRefused: 31, exists: 36 }
const refusals: readonly number[] = [codes.topicRefused, codes.groupRefused, codes.clusterRefused]
const answerTimeoutMs = 15_000

/**
 * Asks the brokers what the user of the login may do. It needs no right itself, and changes nothing. The brokers check
 * the rights, not this code: so the answer is also right for brokers whose rights are not stored as lists.
 */
export class KafkaRights implements AsyncDisposable {
  readonly #client: Admin & Connections

  constructor(kafka: ClosableKafka) {
    this.#client = kafka.client((own): Admin => own.admin({ retry: { retries: 1 } }))
  }

  /** @throws the error of kafkajs if no broker can be reached or the login is refused */
  async connect(): Promise<void> {
    await this.#client.connect()
    // Loads the metadata, which say which broker is the controller.
    await this.#client.describeCluster()
  }

  /**
   * What the user may do with a topic, which need not exist.
   *
   * @param operations which operations are asked for
   */
  async ofTopic(
    planned: PlannedTopic,
    operations: readonly TopicOperation[],
  ): Promise<TopicRights> {
    const { topic } = planned
    const answer = await this.#ask(operationsRequest(topic))
    if (answer.kind === 'present') return { exists: true, allowed: answer.allowed }
    const allowed = new Set<KafkaOperation>()
    const { code, message } = await this.#ask(creationTrial(planned), 'controller')
    if (!refusals.includes(code)) allowed.add('Create')
    for (const operation of operations) {
      const error = await this.#ask(topicTrials[operation](topic), 'controller')
      if (!refusals.includes(error)) allowed.add(operation)
    }
    const isCreatable = [codes.none, codes.exists, ...refusals].includes(code)
    const exists = answer.kind === 'absent' ? false : code === codes.exists || undefined
    return { exists, allowed, ...(!isCreatable && { refusal: message || `error ${code}` }) }
  }

  /** Whether the user may read as a member of a consumer group, which need not exist. */
  async mayJoin(group: string): Promise<boolean> {
    return !refusals.includes(await this.#ask(groupTrial(group)))
  }

  async #ask<Answer>(request: ProtocolRequest<Answer>, to: Receiver = 'any'): Promise<Answer> {
    const answer = await withTimeout(this.#client.request(request, to), answerTimeoutMs)
    if (answer === undefined)
      throw new Error(
        `The brokers do not know the request ${request.apiName} in version ${request.apiVersion}. Kafka 2.8 or later is needed.`,
      )
    return answer
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#client.close()
    return Promise.resolve()
  }
}
