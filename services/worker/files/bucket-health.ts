import type { Registry } from 'prom-client'
import { Gauge } from 'prom-client'

/** Reports in a metric and in errors that the bucket cannot be read. */
export class BucketHealth {
  readonly #address: string
  readonly #gauge: Gauge

  constructor(registry: Registry, address: string) {
    this.#address = address
    this.#gauge = new Gauge({
      name: 'telemetry_bucket_unreadable',
      help: '1 if the bucket could not be read when this worker last looked for files; pipelines of files wait then. One worker at a time looks: use the maximum.',
      registers: [registry],
    })
  }

  /** Called if there are no pipelines of files: the bucket is then not read. */
  clear(): void {
    this.#gauge.set(0)
  }

  /** @throws Error that names the bucket, if `read` rejects */
  async attempt<T>(read: () => Promise<T>): Promise<T> {
    try {
      const result = await read()
      this.#gauge.set(0)
      return result
    } catch (error) {
      this.#gauge.set(1)
      const reason = error instanceof Error ? error.message || error.name : String(error)
      const sentence = `The bucket ${this.#address} cannot be read. Pipelines of files wait. ${reason}`
      throw new Error(sentence, { cause: error })
    }
  }
}
