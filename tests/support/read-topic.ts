import type { Consumer } from 'kafkajs'
import type { ClosableKafka } from '../../services/adapters/kafka/closable-kafka.ts'

type Message = {
  readonly key: string | null
  readonly value: string
  /** The header `id`; undefined without one. */
  readonly id: string | undefined
}

/** Reads a topic from its beginning, as another application does. The topic need not exist yet. */
export class ReadTopic implements AsyncDisposable {
  readonly #messages: Message[] = []
  readonly #end = new AbortController()
  readonly #done: Promise<void>

  constructor(kafka: ClosableKafka, topic: string) {
    this.#done = this.#read(kafka, topic)
  }

  async #read(kafka: ClosableKafka, topic: string): Promise<void> {
    while (!this.#end.signal.aborted) {
      const consumer = kafka.consumer({ groupId: `test-${topic}-${Date.now()}` })
      try {
        await consumer.connect()
        await consumer.subscribe({ topic, fromBeginning: true })
        await this.#run(consumer)
        return
      } catch {
        // The topic does not exist yet.
      } finally {
        await consumer.disconnect()
      }
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }

  async #run(consumer: Consumer): Promise<void> {
    await consumer.run({
      eachMessage: ({ message: { key, value, headers } }) => {
        const [keyText = null, valueText = ''] = [key?.toString(), value?.toString()]
        this.#messages.push({ key: keyText, value: valueText, id: headers?.['id']?.toString() })
        return Promise.resolve()
      },
    })
    await new Promise<void>((resolve) => {
      this.#end.signal.addEventListener('abort', () => {
        resolve()
      })
    })
  }

  /** All messages so far; those of a partition are in its order. */
  get messages(): readonly Message[] {
    return this.#messages
  }

  keys(): (string | null)[] {
    return this.#messages.map(({ key }) => key)
  }

  /** The values, which are JSON objects. */
  values(): Record<string, unknown>[] {
    return this.#messages.map(({ value }) => JSON.parse(value) as Record<string, unknown>)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await this.#done
  }
}
