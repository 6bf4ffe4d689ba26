import type { Account } from '../../ledger/account.ts'
import type { Percentiles } from '../../telemetry/percentiles.ts'

/** Times are ISO 8601 in UTC. */

/** `GET /api/ledger`. */
export type Ledger = Account & {
  /** Whether the database has answered. */
  readonly isKnown: boolean
  /** The number of the log that the topic carries now; null where it is not known. */
  readonly log: number | null
  /** Of the account against the rows themselves; null where there has been none. */
  readonly lastCheck: {
    readonly checkedAt: string
    readonly rowImbalance: number
    readonly ledgerImbalance: number
  } | null
}

/** The open dead letters of one reason. */
export type DeadLetterGroup = {
  readonly reason: string
  readonly count: number
  /** The last of them. */
  readonly latest: {
    readonly receipt: string
    readonly diedAt: string
    readonly detail: string
    /** The beginning of its record; bytes that are no text are shown as such. */
    readonly text: string
  } | null
}

/** The last hour: one value of each for each moment; null where something was not known. */
export type HealthHistory = {
  readonly everySeconds: number
  /** Milliseconds since the Unix epoch. */
  readonly at: readonly number[]
  readonly received: readonly (number | null)[]
  readonly stored: readonly (number | null)[]
  readonly p50: readonly (number | null)[]
  readonly p99: readonly (number | null)[]
  /** Of all partitions. */
  readonly lag: readonly (number | null)[]
}

export type ServiceState = { readonly name: string; readonly up: boolean }

/** Readings a second; null where it is not known. */
export type Rates = { readonly received: number | null; readonly stored: number | null }

/** `health` on the stream. */
export type Health = {
  readonly services: readonly ServiceState[]
  readonly rates: Rates
  /** Milliseconds from recorded to stored, and from received to stored. */
  readonly latency: Percentiles & { readonly receivedToStored: Percentiles }
  /** Readings by partition that are not stored yet; null where that is not known. */
  readonly lag: readonly (number | null)[]
  /** Null while it is not known whether there are any. */
  readonly deadLetters: readonly DeadLetterGroup[] | null
  readonly ledger: Ledger
}

/** `GET /api/health`. */
export type HealthWithHistory = Health & { readonly history: HealthHistory }
