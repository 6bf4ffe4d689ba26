import { createKafka } from '../../adapters/kafka/client.ts'
import { TopicAdmin } from '../../adapters/kafka/topic-admin.ts'
import { Resources } from '../../runtime/resources.ts'
import type { Stream, StreamContext, StreamPipeline } from '../../stream/stream.ts'
import { createStream } from '../../stream/stream.ts'

/** A stream of a declared pipeline, and the topic that it reads. A pipeline with `group_by` has two. */
export class Stage implements AsyncDisposable {
  /** The name of its ledgers and metrics. */
  readonly name: string
  readonly topic: string
  readonly admin: TopicAdmin
  readonly stream: Stream
  readonly #resources = new Resources()
  readonly #removeMetrics: () => Promise<void>

  private constructor(name: string, stream: Stream, context: StreamContext) {
    const { kafka, clientId, logger, metrics } = context
    this.name = name
    this.topic = kafka.topic
    this.#removeMetrics = () => metrics.remove(name)
    this.stream = this.#resources.use(stream)
    const client = createKafka(kafka, clientId, logger)
    this.admin = this.#resources.use(new TopicAdmin(client, kafka.topic))
  }

  /** @param context with the topic that the stream reads */
  static create<Row>(pipeline: StreamPipeline<Row>, context: StreamContext): Stage {
    return new Stage(pipeline.name, createStream(pipeline, context), context)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources[Symbol.asyncDispose]()
    await this.#removeMetrics()
  }
}
