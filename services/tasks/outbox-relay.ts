import type {
  OutboxStore,
  RefusedMessage,
  SentMessages,
} from '../adapters/postgres/tasks/outbox-store.ts'
import type { OutboxMessage } from '../ledger/tasks/messages.ts'
import type { Logger } from '../runtime/logger.ts'
import type { AttemptEvents } from '../runtime/poll.ts'
import { poll, WarnOnce } from '../runtime/poll.ts'
import type { WakeUp } from '../runtime/wake-up.ts'

/** Where messages of the outbox are sent to. */
export type OutboxDestination = {
  /** Whether messages for this topic are sent there. */
  readonly has: (topic: string) => boolean
  /** @param signal aborts when the relay stops */
  readonly open: (topic: string, signal: AbortSignal) => OutgoingTopic
  /** Names of log lines: sending fails, and is possible again. */
  readonly events: AttemptEvents
}

export type OutgoingTopic = AsyncDisposable & {
  /** Resolves when the destination has the first messages, except the refused ones. */
  readonly send: (messages: readonly OutboxMessage[]) => Promise<SentMessages>
}

type Options = {
  readonly store: OutboxStore
  readonly destination: OutboxDestination
  /** Called when messages may have been written: the relay then does not wait. */
  readonly wakeUp: WakeUp
  readonly logger: Logger
}

const pauseMs = 1_000

/**
 * Sends the messages of the outbox to a destination, such as Kafka, and removes them after that. One relay a topic at a
 * time. A message is sent at least once, always with the same id. Without the destination the messages wait. A message
 * that is refused for good, e.g. because it is too large for its topic, is moved to the table `refused_message` with the
 * reason. The others are sent.
 */
export class OutboxRelay implements AsyncDisposable {
  readonly #options: Options
  readonly #topics = new Map<string, OutgoingTopic>()
  readonly #end = new AbortController()
  readonly #warnings = new Map<string, WarnOnce>()
  readonly #loop: Promise<void>

  constructor(options: Options) {
    this.#options = options
    const { wakeUp, logger } = options
    const { signal } = this.#end
    const warnings = new WarnOnce(logger, signal)
    const events = { failed: 'outbox-read-failed', recovered: 'outbox-read-recovered' }
    const relayAll = (): Promise<unknown> => warnings.attempt(() => this.#relayAll(), events)
    this.#loop = poll(relayAll, { intervalMs: pauseMs, signal, wakeUp })
  }

  /** Sends messages of each topic in turn until none can be sent. */
  async #relayAll(): Promise<void> {
    const { store, destination } = this.#options
    const { signal } = this.#end
    const pausedAt = new Map<string, number>()
    const isPaused = (topic: string): boolean =>
      performance.now() - (pausedAt.get(topic) ?? -Infinity) < pauseMs
    let hasSent: boolean
    do {
      hasSent = false
      for (const topic of (await store.topics()).filter((each) => destination.has(each))) {
        if (signal.aborted || isPaused(topic)) continue
        const sent = await this.#attemptRelay(topic)
        if (sent === undefined) pausedAt.set(topic, performance.now())
        else hasSent ||= sent > 0
      }
    } while (hasSent && !signal.aborted)
  }

  /** @returns how many messages were sent; undefined if it failed, or if another relay sends to this topic */
  #attemptRelay(topic: string): Promise<number | undefined> {
    const { events } = this.#options.destination
    return this.#warningsOf(topic).attempt(() => this.#relay(topic), events)
  }

  #warningsOf(topic: string): WarnOnce {
    const present = this.#warnings.get(topic)
    if (present !== undefined) return present
    const created = new WarnOnce(this.#options.logger, this.#end.signal)
    this.#warnings.set(topic, created)
    return created
  }

  async #relay(topic: string): Promise<number | undefined> {
    try {
      return await this.#options.store.relay(topic, async (messages) => {
        const result = await this.#outgoing(topic).send(messages)
        for (const each of result.refused) this.#report(each)
        return result
      })
    } catch (error) {
      // The topic may have been created again, with other partitions.
      await this.#close(topic)
      throw new Error(
        `Messages for the topic ${topic} were not sent: ${(error as Error).message}`,
        {
          cause: error,
        },
      )
    }
  }

  #report({ message: { topic, messageId }, reason }: RefusedMessage): void {
    this.#options.logger.error({ topic, message: messageId, error: reason }, 'message-refused')
  }

  #outgoing(topic: string): OutgoingTopic {
    const present = this.#topics.get(topic)
    if (present !== undefined) return present
    const created = this.#options.destination.open(topic, this.#end.signal)
    this.#topics.set(topic, created)
    return created
  }

  async #close(topic: string): Promise<void> {
    const present = this.#topics.get(topic)
    this.#topics.delete(topic)
    await present?.[Symbol.asyncDispose]()
  }

  /** Waits for the messages that are being sent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await this.#loop
    for (const topic of [...this.#topics.keys()]) await this.#close(topic)
  }
}
