import type { Logger } from '../../services/runtime/logger.ts'
import { errorFields } from '../../services/runtime/logger.ts'
import type { JournalEntry } from './journal.ts'
import type { KeepRefused } from './refused-file.ts'

/** An entry that will never be stored, and why. */
export type RefusedEntry = {
  readonly entry: JournalEntry
  readonly code: string
  readonly detail: string
}

export type RefusalPorts = {
  readonly keep: KeepRefused | undefined
  /** Told of entries that are put down. */
  readonly settle: (entries: readonly JournalEntry[]) => void
  readonly logger: Logger
}

/** Refused entries that wait for room in the file, at most; more are counted and no longer kept. */
const mostUnkept = 10_000

/** Counts what was refused for good and puts it down; only then it leaves the journal. */
export class Refusals {
  readonly #ports: RefusalPorts
  readonly #counts = new Map<string, number>()
  #unkept: RefusedEntry[] = []
  #hasFailed = false

  constructor(ports: RefusalPorts) {
    this.#ports = ports
  }

  /** Readings by the server's code. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }

  async add(refused: readonly RefusedEntry[]): Promise<void> {
    for (const { code, detail } of refused) {
      if (!this.#counts.has(code))
        this.#ports.logger.warn({ code, detail }, 'uplink-reading-refused')
      this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1)
    }
    this.#unkept.push(...refused)
    await this.putDown()
  }

  /** Also what could not be put down before. */
  async putDown(): Promise<void> {
    const [batch, { keep, logger }] = [this.#unkept, this.#ports]
    if (batch.length === 0) return
    this.#unkept = []
    try {
      await keep?.(batch.map(({ entry, code, detail }) => ({ code, detail, text: entry.text })))
      this.#hasFailed = false
      this.#settle(batch)
    } catch (error) {
      if (!this.#hasFailed) logger.error(errorFields(error), 'uplink-refused-file-failed')
      this.#hasFailed = true
      this.#unkept = [...batch, ...this.#unkept]
      this.#settle(this.#unkept.splice(0, Math.max(0, this.#unkept.length - mostUnkept)))
    }
  }

  #settle(refused: readonly RefusedEntry[]): void {
    this.#ports.settle(refused.map(({ entry }) => entry))
  }
}
