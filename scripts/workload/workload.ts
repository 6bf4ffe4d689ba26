import type { Random } from '../../fleet/random.ts'
import type { Fault } from '../verify/faults/fault.ts'
import type { WorkloadPlatform } from './platform.ts'

/** How fast a workload goes, and where its randomness comes from. */
export type SendingPlan = {
  /** Units a second, above 0. */
  readonly rate: number
  readonly random: Random
}

/**
 * Sends units to a platform at a steady rate. A unit is what is promised to be settled once: a
 * reading, a record of a topic, a task, a file.
 *
 * A benchmark needs no more than this: it measures, and does not judge.
 */
export interface Sender {
  /**
   * Starts to send, with a new account: what was sent before counts no longer. Resolves when
   * sending has started, not when a unit is acknowledged. May be called again after `stop`.
   *
   * A unit that is not acknowledged is sent again unchanged until it is, or `stop` tells of it.
   * Rejects where it cannot start at all, as where a topic is missing.
   */
  begin(platform: WorkloadPlatform, course: SendingPlan): Promise<void>
  /** The units a second that `begin` asked for; 0 before it. What is reached says `progress`. */
  readonly rate: number
  /**
   * Sends no new units, and resolves when each unit that was sent is acknowledged. What still
   * waits after so many seconds is given up.
   *
   * Never rejects.
   *
   * @returns what went wrong and no fault explains, in words: units that were given up, answers
   *   that should not occur. Empty where all is well.
   */
  stop(timeoutSeconds: number): Promise<readonly string[]>
}

/**
 * What `npm run verify` does to a platform while it breaks it, and how it tells afterwards whether
 * the platform has kept its promise. The runner calls, for each fault: `begin`, `progress` many
 * times, `stop`, `progress` until all is settled, `judge`. Disposing gives up at once what `begin`
 * has started.
 */
export interface Workload extends Sender, AsyncDisposable {
  /** What is sent, in the plural: e.g. `readings`. */
  readonly unit: string
  /**
   * Faults of what sends and of what is sent, beside those of the platform: e.g. each unit sent
   * twice. They disturb what the last `begin` has started.
   */
  readonly faults: readonly Fault[]
  /**
   * How far it is now. Rejects where Kafka or Postgres cannot be asked, which is usual during a
   * fault: the runner asks again.
   */
  progress(): Promise<Progress>
  /**
   * Compares what was acknowledged since `begin` with what the platform has stored. Called once
   * all is settled, while the database answers. Rejects where it cannot be asked.
   */
  judge(): Promise<Judgement>
}

/** How far a workload is, at one moment. */
export type Progress = {
  /** Units that were acknowledged since `begin`, each once. */
  readonly acknowledged: number
  /**
   * How much the platform has taken in, by lane. For a topic a lane is a partition and this its
   * high watermark; tasks and files have one lane, and this counts those that were made.
   * Also what others have written counts.
   */
  readonly ends: readonly number[]
  /**
   * How much of `ends` is settled, in the same order: the next offset of the ledger, or how many
   * tasks or files have ended. A lane with nothing left to do has the same number in both.
   */
  readonly settled: readonly number[]
}

/**
 * What became of the units since `begin`. All figures count units.
 *
 * A unit is known by its content, e.g. a key in it, so that one that is sent again is the same
 * unit. Where the target has no key (a table that is only appended to), each attempt to send is a
 * unit with a separate id, and each counts as acknowledged or not.
 */
export type Judgement = {
  /** Units whose acknowledgement a client has got, each once. For a record: Kafka's with acks=all. */
  readonly acknowledged: number
  /**
   * Units whose effect is there, acknowledged or not: a row, a change of a row (also one that a
   * later unit has changed again), or the dead letter that a unit was meant to become.
   */
  readonly stored: number
  /** Acknowledged units without an effect. The promise is 0. */
  readonly lost: number
  /** Rows or dead letters that are there twice, or that no unit explains. The promise is 0. */
  readonly duplicateRows: number
  /** Units in requests that were refused or not answered, each time they were sent. */
  readonly refused: number
  /**
   * Whether the platform's own account balances: each ledger in itself, and all of them with the
   * rows; for tasks and files those that were made with the sum of their states.
   */
  readonly ledgerBalanced: boolean
}
