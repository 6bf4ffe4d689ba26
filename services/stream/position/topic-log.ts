import type { TopicAdmin, TopicState } from '../../adapters/kafka/topic-admin.ts'
import type { PostgresLedgerStore, TopicLog } from '../../adapters/postgres/ledger/ledger-store.ts'

type Options = {
  readonly topic: string
  readonly admin: Pick<TopicAdmin, 'state' | 'topicId'>
  readonly ledgers: Pick<PostgresLedgerStore, 'currentLog'>
}

/**
 * Reads the state of a topic whose log id is in the database, because the settings of the topic may not be changed.
 * The id of the topic says to which log the answer belongs. The database is asked again only if the topic is another
 * one, so an outage of the database concerns only processes that start.
 */
class UntaggedTopic {
  readonly #options: Options
  #log: TopicLog | undefined

  constructor(options: Options) {
    this.#options = options
  }

  /** The state with the log id as its tag; without a tag if no log of this topic has begun. */
  async state(): Promise<TopicState> {
    const { admin } = this.#options
    const topicId = await admin.topicId()
    const state = await admin.state()
    const isKnown = (): boolean =>
      topicId !== undefined &&
      this.#log?.topicId === topicId &&
      this.#log.clusterId === state.clusterId
    if (!isKnown()) this.#log = await this.#options.ledgers.currentLog(this.#options.topic)
    return { ...state, logTag: isKnown() ? this.#log?.id : undefined }
  }
}

/** What reads the state of a topic with its log id: from the tag of the topic, or at an existing Kafka from the database. */
export function topicStateOf(
  options: Options & { readonly isExternal: true | undefined },
): Pick<TopicAdmin, 'state'> {
  return options.isExternal ? new UntaggedTopic(options) : options.admin
}
