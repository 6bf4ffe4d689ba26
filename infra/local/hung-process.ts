import { setTimeout as wait } from 'node:timers/promises'
import type { ProbeTarget } from '../../services/runtime/process/http-probe.ts'
import { givesNoAnswer } from '../../services/runtime/process/http-probe.ts'
import type { ReadyCheck } from '../topology/role-file.ts'
import type { SupervisedProcess } from './supervised-process.ts'

const intervalMs = 1_000
/** After this time without an answer a process is killed. */
const maxSilenceMs = 15_000
/** The same before the first answer: the first start on a slow machine. */
const maxStartMs = 120_000
/** So many checks must fail, because the time also passes while this process is stopped itself. */
const minMisses = 4

/**
 * Checks a service, and kills it when its `alivePath` gives no HTTP answer for `maxSilenceMs`; the
 * supervisor then restarts it. Any status is an answer, also 503: a service that is not ready is never
 * killed.
 */
export class HungCheck {
  readonly #process: SupervisedProcess
  readonly #target: ProbeTarget | undefined
  #silence: Silence

  constructor(process: SupervisedProcess, check: ReadyCheck) {
    this.#process = process
    this.#silence = new Silence(process.identity)
    if (check.kind === 'http' && check.alivePath !== undefined)
      this.#target = { ...check.address, path: check.alivePath }
  }

  /** Notes an answer to another check. */
  noteAnswer(): void {
    if (this.#process.identity === this.#silence.of) this.#silence.note(true)
  }

  /** Checks until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#target === undefined) return
    while (!signal.aborted) {
      await this.#checkOnce(this.#target)
      await wait(intervalMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  async #checkOnce(target: ProbeTarget): Promise<void> {
    const { identity } = this.#process
    if (identity !== this.#silence.of) this.#silence = new Silence(identity)
    if (identity === undefined) return
    const silence = this.#silence
    silence.note(!(await givesNoAnswer(target)))
    if (silence.isTooLong && this.#process.identity === identity) {
      this.#process.killHung(`gave no HTTP answer for ${Math.round(silence.ms / 1_000)} s`)
    }
  }
}

/** How long one process has given no answer. */
class Silence {
  readonly of: SupervisedProcess['identity']
  #since = performance.now()
  #misses = 0
  #limitMs = maxStartMs

  constructor(of: SupervisedProcess['identity']) {
    this.of = of
  }

  note(hasAnswered: boolean): void {
    this.#misses += 1
    if (!hasAnswered) return
    this.#misses = 0
    this.#since = performance.now()
    this.#limitMs = maxSilenceMs
  }

  get ms(): number {
    return performance.now() - this.#since
  }

  get isTooLong(): boolean {
    return this.#misses >= minMisses && this.ms >= this.#limitMs
  }
}
