import { Readable } from 'node:stream'
import type { ObjectStore } from '../adapters/objects/object-store.ts'
import type { OutputStore, WaitingOutput } from '../adapters/postgres/outputs/output-store.ts'
import type { ListedOutput, ManifestDay } from '../ledger/task-output.ts'
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

/** A pass over the objects that wait. @member last the task whose object was tried last */
type Round = { readonly failures: unknown[]; inRow: number; last: number }

const pauseMs = 1_000
/** After so many failures in a row, the bucket is probably away. */
const maxFailuresInRow = 3
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
  /** The objects of later tasks come first in the next round. 0: the oldest comes first. */
  #resumeAfter = 0
  /** The paths of manifests that could not be written. */
  readonly #failedManifests = new Set<string>()

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

  /**
   * An object that cannot be stored does not hold up the others. After some failures in a row the round ends, because
   * the bucket may be away. The next round goes on behind them, and then begins with the oldest object again.
   */
  async #storeAll(): Promise<void> {
    const round: Round = { failures: [], inRow: 0, last: this.#resumeAfter }
    let isWholeList = round.last === 0
    while (!this.#end.signal.aborted && round.inRow < maxFailuresInRow) {
      const { last } = await this.#options.outputs.storeNext(round.last, (outputs) =>
        this.#store(outputs, round),
      )
      if (last !== undefined) continue
      if (isWholeList) break
      isWholeList = true
      round.last = 0
    }
    this.#resumeAfter = round.inRow < maxFailuresInRow ? 0 : round.last
    if (round.failures.length > 0) throw round.failures[0]
  }

  async #store(outputs: readonly WaitingOutput[], round: Round): Promise<number[]> {
    const { store } = this.#options
    const stored: number[] = []
    for (const output of outputs) {
      round.last = output.task
      try {
        await store.write(output.key, await this.#contentOf(output))
        stored.push(output.task)
        round.inRow = 0
      } catch (error) {
        round.inRow += 1
        const sentence = `The result ${output.key} was not stored in ${store.address}`
        round.failures.push(withReason(sentence, error))
        if (round.inRow === maxFailuresInRow) break
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

  /** A manifest that cannot be written does not hold up the others: in the next round it comes last. */
  async #list(): Promise<void> {
    if (performance.now() < this.#nextManifestAt) return
    const days = await this.#options.outputs.unlistedDays()
    const lastOnes = days.filter((day) => this.#failedManifests.has(manifestKey(day)))
    const firstOnes = days.filter((day) => !lastOnes.includes(day))
    const failures: unknown[] = []
    let [inRow, writingMs] = [0, 0]
    for (const day of [...firstOnes, ...lastOnes]) {
      if (this.#end.signal.aborted || inRow === maxFailuresInRow) break
      const beganAt = performance.now()
      try {
        await this.#writeManifest(day)
        this.#failedManifests.delete(manifestKey(day))
        writingMs += performance.now() - beganAt
        inRow = 0
      } catch (error) {
        this.#failedManifests.add(manifestKey(day))
        failures.push(withReason(`The manifest ${manifestKey(day)} was not written`, error))
        inRow += 1
      }
    }
    this.#nextManifestAt = performance.now() + manifestPause * writingMs
    if (failures.length > 0) throw failures[0]
  }

  #writeManifest(day: ManifestDay): Promise<void> {
    const { outputs, store } = this.#options
    return outputs.writeManifest(day, async (listed) => {
      const lines = untilAborted(toLines(listed), this.#end.signal)
      await store.write(manifestKey(day), Readable.from(lines, { objectMode: false }))
    })
  }

  /** Ends an upload that is running. It is repeated later. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await this.#loop
  }
}

const withReason = (sentence: string, cause: unknown): Error =>
  new Error(`${sentence}: ${(cause as Error).message}`, { cause })

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
