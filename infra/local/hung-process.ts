import { setTimeout as wait } from 'node:timers/promises'
import type { ProbeTarget } from '../../services/runtime/process/http-probe.ts'
import { givesNoAnswer } from '../../services/runtime/process/http-probe.ts'
import type { ReadyCheck } from '../topology/role-file.ts'
import type { SupervisedProcess } from './supervised-process.ts'

const intervalMs = 1_000
/** After this time without an answer a process is killed. */
const maxUnansweredMs = 15_000
/** The same before the first answer: the first start on a slow machine. */
const maxUnansweredAtStartMs = 120_000
/** So many checks must fail, because the time also passes while this process is stopped itself. */
const minFailedChecks = 4

/**
 * Checks a service, and kills it when its `alivePath` gives no HTTP answer for `maxUnansweredMs`; the
 * supervisor then restarts it. Any status is an answer, also 503: a service that is not ready is never
 * killed.
 */
export class HungCheck {
  readonly #process: SupervisedProcess
  readonly #target: ProbeTarget | undefined
  #unanswered: UnansweredTime

  constructor(process: SupervisedProcess, check: ReadyCheck) {
    this.#process = process
    this.#unanswered = new UnansweredTime(process.identity)
    if (check.kind === 'http' && check.alivePath !== undefined)
      this.#target = { ...check.address, path: check.alivePath }
  }

  /** Notes an answer to another check. */
  recordAnswer(): void {
    if (this.#process.identity === this.#unanswered.of) this.#unanswered.note(true)
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
    if (identity !== this.#unanswered.of) this.#unanswered = new UnansweredTime(identity)
    if (identity === undefined) return
    const unanswered = this.#unanswered
    unanswered.note(!(await givesNoAnswer(target)))
    if (unanswered.isTooLong && this.#process.identity === identity) {
      this.#process.killHung(`gave no HTTP answer for ${Math.round(unanswered.ms / 1_000)} s`)
    }
  }
}

/** How long one process has given no answer. */
class UnansweredTime {
  readonly of: SupervisedProcess['identity']
  #since = performance.now()
  #failedChecks = 0
  #limitMs = maxUnansweredAtStartMs

  constructor(of: SupervisedProcess['identity']) {
    this.of = of
  }

  note(hasAnswered: boolean): void {
    this.#failedChecks += 1
    if (!hasAnswered) return
    this.#failedChecks = 0
    this.#since = performance.now()
    this.#limitMs = maxUnansweredMs
  }

  get ms(): number {
    return performance.now() - this.#since
  }

  get isTooLong(): boolean {
    return this.#failedChecks >= minFailedChecks && this.ms >= this.#limitMs
  }
}
