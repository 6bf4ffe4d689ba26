import type { Logger } from '../../services/runtime/logger.ts'
import { errorFields } from '../../services/runtime/logger.ts'
import { NewReasons } from '../../services/runtime/retry.ts'
import type { JournalEntry } from './journal.ts'
import type { WriteRefused } from './refused-file.ts'

/** An entry that will never be stored, and why. */
export type RefusedEntry = {
  readonly entry: JournalEntry
  readonly code: string
  readonly detail: string
}

export type RefusalPorts = {
  readonly writeRefused: WriteRefused | undefined
  /** Called with entries that are written, or that no longer fit in memory. */
  readonly settle: (entries: readonly JournalEntry[]) => void
  readonly logger: Logger
}

/** Maximum of refused entries that wait to be written. Beyond it the oldest are only counted. */
const maxUnwritten = 10_000

/** Counts permanently refused readings and writes them to a file before they leave the journal. */
export class RefusalRecorder {
  readonly #ports: RefusalPorts
  readonly #counts = new Map<string, number>()
  #unwritten: RefusedEntry[] = []
  readonly #reasons = new NewReasons()

  constructor(ports: RefusalPorts) {
    this.#ports = ports
  }

  /** Number of readings by the server's code. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }

  async add(refused: readonly RefusedEntry[]): Promise<void> {
    for (const { code, detail } of refused) {
      if (!this.#counts.has(code))
        this.#ports.logger.warn({ code, detail }, 'uplink-reading-refused')
      this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1)
    }
    this.#unwritten.push(...refused)
    await this.flush()
  }

  /** Writes all unwritten entries, including those of failed attempts. */
  async flush(): Promise<void> {
    const [batch, { writeRefused, logger }] = [this.#unwritten, this.#ports]
    if (batch.length === 0) return
    this.#unwritten = []
    try {
      await writeRefused?.(
        batch.map(({ entry, code, detail }) => ({ code, detail, text: entry.text })),
      )
      this.#reasons.clear()
      this.#settle(batch)
    } catch (error) {
      if (this.#reasons.note(error)) logger.error(errorFields(error), 'uplink-refused-file-failed')
      this.#unwritten = [...batch, ...this.#unwritten]
      this.#settle(this.#unwritten.splice(0, Math.max(0, this.#unwritten.length - maxUnwritten)))
    }
  }

  #settle(refused: readonly RefusedEntry[]): void {
    this.#ports.settle(refused.map(({ entry }) => entry))
  }
}
