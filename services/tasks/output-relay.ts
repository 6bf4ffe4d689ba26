import { Readable } from 'node:stream'
import type { ObjectStore } from '../adapters/objects/object-store.ts'
import type { OutputStore, WaitingOutput } from '../adapters/postgres/outputs/output-store.ts'
import type { ListedOutput } from '../ledger/task-output.ts'
import { manifestKey, toManifestLine } from '../ledger/task-output.ts'
import type { Logger } from '../runtime/logger.ts'
import { poll, WarnOnce } from '../runtime/poll.ts'
import type { WakeUp } from '../runtime/wake-up.ts'

type Options = {
  readonly outputs: Pick<OutputStore, 'storeNext' | 'unlistedDays' | 'writeManifest'>
  readonly store: Pick<ObjectStore, 'write' | 'address'>
  /** Ends the pause of the relay when results may have been written. */
  readonly wakeUp: WakeUp
  readonly logger: Logger
}

const pauseMs = 1_000
/** A smaller object is sent as a whole; a larger one is streamed. */
const maxWholeBytes = 4 * 1024 * 1024
/** After manifests were written, the next ones are written after a pause of this many times the duration. */
const manifestPause = 20

/**
 * Stores results of tasks as objects of the bucket, and lists them in the manifest of their day. An object is stored at
 * least once, always under the same key with the same content. While the bucket cannot be reached the results wait in
 * the database. The steps of a result are:
 *
 *     written with its task → stored in the bucket → listed in the manifest
 */
export class OutputRelay implements AsyncDisposable {
  readonly #options: Options
  readonly #end = new AbortController()
  readonly #loop: Promise<void>
  /** When manifests may be written again, in milliseconds of the monotonic clock. */
  #nextManifestAt = 0

  constructor(options: Options) {
    this.#options = options
    const { wakeUp, logger } = options
    const { signal } = this.#end
    const warnings = new WarnOnce(logger, signal)
    const relay = async (): Promise<void> => {
      await warnings.attempt(() => this.#storeAll(), {
        failed: 'outputs-not-stored',
        recovered: 'outputs-stored',
      })
      await warnings.attempt(() => this.#list(), {
        failed: 'manifests-not-written',
        recovered: 'manifests-written',
      })
    }
    this.#loop = poll(relay, { intervalMs: pauseMs, signal, wakeUp })
  }

  /** If one object cannot be stored, the others are still stored. Ends early if none of a group can be stored. */
  async #storeAll(): Promise<void> {
    const failures: unknown[] = []
    let after = 0
    while (!this.#end.signal.aborted) {
      const { stored, last } = await this.#options.outputs.storeNext(after, (outputs) =>
        this.#store(outputs, failures),
      )
      if (last === undefined || (stored.length === 0 && failures.length > 0)) break
      after = last
    }
    if (failures.length > 0) throw failures[0]
  }

  async #store(outputs: readonly WaitingOutput[], failures: unknown[]): Promise<number[]> {
    const stored: number[] = []
    for (const output of outputs) {
      try {
        await this.#options.store.write(output.key, await this.#contentOf(output))
        stored.push(output.task)
      } catch (error) {
        failures.push(
          new Error(
            `The result ${output.key} was not stored in ${this.#options.store.address}: ${(error as Error).message}`,
            { cause: error },
          ),
        )
        if (stored.length === 0) break
      }
    }
    return stored
  }

  async #contentOf({ bytes, content }: WaitingOutput): Promise<Readable | Buffer> {
    const parts = untilAborted(content(), this.#end.signal)
    if (bytes > maxWholeBytes) return Readable.from(parts, { objectMode: false })
    const held: Buffer[] = []
    for await (const part of parts) held.push(part)
    return Buffer.concat(held)
  }

  async #list(): Promise<void> {
    const beganAt = performance.now()
    if (beganAt < this.#nextManifestAt) return
    const { outputs, store } = this.#options
    const days = await outputs.unlistedDays()
    for (const day of days) {
      if (this.#end.signal.aborted) return
      await outputs.writeManifest(day, async (listed) => {
        const lines = Readable.from(untilAborted(toLines(listed), this.#end.signal), {
          objectMode: false,
        })
        await store.write(manifestKey(day.folder, day.day), lines)
      })
    }
    const endedAt = performance.now()
    this.#nextManifestAt = endedAt + manifestPause * (endedAt - beganAt)
  }

  /** Ends an upload that is running. It is repeated later. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await this.#loop
  }
}

async function* toLines(outputs: AsyncIterable<ListedOutput>): AsyncGenerator<Buffer, void> {
  for await (const output of outputs) yield Buffer.from(toManifestLine(output))
}

async function* untilAborted(
  parts: AsyncIterable<Buffer>,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void> {
  for await (const part of parts) {
    signal.throwIfAborted()
    yield part
  }
}
