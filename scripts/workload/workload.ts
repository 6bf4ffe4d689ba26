import type { Random } from '../../fleet/random.ts'
import type { Fault } from '../verify/faults/fault.ts'
import type { WorkloadPlatform } from './platform.ts'

/** The rate of a workload and its source of randomness. */
export type SendingPlan = {
  /** Units per second, above 0. */
  readonly rate: number
  readonly random: Random
}

/**
 * Sends units to a platform at a steady rate. A unit is what the platform promises to settle once: a
 * reading, a record of a topic, a task, a file.
 *
 * A benchmark needs only this interface: it measures and does not judge.
 */
export interface Sender {
  /**
   * Starts to send with a new account: earlier units no longer count. Resolves when sending has
   * started, not when a unit is acknowledged. May be called again after `stop`.
   *
   * A unit that is not acknowledged is sent again unchanged until it is, or `stop` reports it.
   * Rejects if sending cannot start, e.g. because a topic is missing.
   */
  begin(platform: WorkloadPlatform, course: SendingPlan): Promise<void>
  /** The units per second passed to `begin`; 0 before it. `progress` shows the rate reached. */
  readonly rate: number
  /** Milliseconds within which a healthy platform settles a unit; by default 1,000. At most 8,000. */
  readonly settledWithinMs?: number
  /**
   * Stops sending new units. Resolves when each sent unit is acknowledged. Units that are still
   * unacknowledged after the timeout are given up.
   *
   * Never rejects.
   *
   * @returns messages about what no fault explains: units that were given up, unexpected answers.
   *   Empty if there were none.
   */
  stop(timeoutSeconds: number): Promise<readonly string[]>
}

/** The services that the units of a workload pass. Faults of other services are not injected. */
export interface UnitPath {
  /** The role that stores the units in Postgres. */
  readonly storedBy: StoringRole
  /** Whether units are posted to the ingress. Otherwise they are sent to Kafka directly. */
  readonly isSentOverHttp: boolean
}

export type StoringRole = 'consumer' | 'worker'

/**
 * The load that `npm run verify` puts on a platform during faults, and the judgement whether the
 * platform has kept its promise. For each fault the runner calls `begin`, `progress` many times,
 * `stop`, `progress` until all is settled, `judge`. Disposing aborts immediately what `begin` has
 * started.
 */
export interface Workload extends Sender, UnitPath, AsyncDisposable {
  /** Name of the units in the plural, e.g. `readings`. */
  readonly unit: string
  /** Units per second, unless the user chooses another rate. */
  readonly usualRate: number
  /**
   * The settings that a separate platform needs, e.g. `worker.folder`. Called before it starts. May start a server
   * that the platform uses; disposing the workload stops it.
   *
   * @param folder a folder of the run; it may not exist yet
   */
  settings(folder: string): readonly string[] | Promise<readonly string[]>
  /**
   * Faults of the senders and of the units, in addition to those of the platform: e.g. each unit is
   * sent twice. They disturb what the last `begin` has started.
   */
  readonly faults: readonly Fault[]
  /**
   * The current progress. Rejects if Kafka or Postgres does not answer, which is normal during a
   * fault: the runner calls it again.
   */
  progress(): Promise<Progress>
  /**
   * Compares the units acknowledged since `begin` with what the platform has stored. Called when
   * all is settled and the database answers. Rejects if the database does not answer.
   */
  judge(): Promise<Judgement>
}

/** The progress of a workload at one moment. */
export type Progress = {
  /** Units acknowledged since `begin`, each counted once. */
  readonly acknowledged: number
  /**
   * How much the platform has accepted, by lane. For a topic a lane is a partition, and the value is
   * its high watermark. Tasks and files have one lane, and the value is the number created. Units
   * that others have written count too.
   */
  readonly ends: readonly number[]
  /**
   * How much of `ends` is settled, in the same order: the next offset of the ledger, or the number
   * of finished tasks or files. A lane without pending work has the same number in both.
   */
  readonly settled: readonly number[]
}

/**
 * The result for the units since `begin`. All figures count units.
 *
 * A unit is identified by its content, e.g. a key, so a unit that is sent again is the same unit. If
 * the target has no key (a table that is only appended to), each attempt to send is a unit with a
 * separate id, and each counts as acknowledged or not.
 */
export type Judgement = {
  /**
   * Units whose acknowledgement a client has received, each counted once. For a record: Kafka's
   * with acks=all.
   */
  readonly acknowledged: number
  /**
   * Units with an effect, acknowledged or not: a row, a change of a row (even if a later unit has
   * changed it again), or the dead letter that a unit should become.
   */
  readonly stored: number
  /** Acknowledged units without an effect. The promise is 0. */
  readonly lost: number
  /** Rows or dead letters that exist twice, or that no unit explains. The promise is 0. */
  readonly duplicateRows: number
  /** Units in requests that were refused or not answered, counted for each attempt. */
  readonly refused: number
  /**
   * Whether the platform's own account balances: each ledger, and all ledgers with the rows. For
   * tasks and files: the number created equals the sum of all states.
   */
  readonly ledgerBalanced: boolean
  /** What is wrong, in sentences, as far as the figures do not show it. */
  readonly findings?: readonly string[]
}
