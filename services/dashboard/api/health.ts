import type { Account } from '../../ledger/account.ts'

/** Times are ISO 8601 in UTC. */

/** `GET /api/ledger`. */
export type Ledger = Account & {
  /** Whether the ledgers could be read from the database. */
  readonly isKnown: boolean
  /** The id of the log that the topic contains now; null if it is not known. */
  readonly log: number | null
  /** The last check of the account against the stored rows; null if there was none. */
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
  /** The newest of them. */
  readonly latest: {
    readonly receipt: string
    readonly diedAt: string
    readonly detail: string
    /** The first bytes of the record's value, decoded as UTF-8. */
    readonly text: string
  } | null
}

/** The figures of the last hour, one value per moment; null if a figure was not known. */
export type HealthHistory = {
  readonly everySeconds: number
  /** Milliseconds since the Unix epoch. */
  readonly at: readonly number[]
  /** Readings a second. */
  readonly received: readonly (number | null)[]
  readonly stored: readonly (number | null)[]
  /** Milliseconds from recorded to stored. */
  readonly p50: readonly (number | null)[]
  readonly p99: readonly (number | null)[]
  /** Readings of all partitions that are not stored yet. */
  readonly lag: readonly (number | null)[]
}

export type ServiceState = { readonly name: string; readonly up: boolean }

/** Null if there are no values. */
export type Percentiles = { readonly p50: number | null; readonly p99: number | null }

/** Readings a second; null if not known. */
export type Rates = { readonly received: number | null; readonly stored: number | null }

/** The event `health` on the stream. */
export type Health = {
  readonly services: readonly ServiceState[]
  readonly rates: Rates
  /** Milliseconds from recorded to stored, and from received to stored. */
  readonly latency: Percentiles & { readonly receivedToStored: Percentiles }
  /** Readings that are not stored yet, one number per partition; null if not known. */
  readonly lag: readonly (number | null)[]
  /** Null while not known. */
  readonly deadLetters: readonly DeadLetterGroup[] | null
  readonly ledger: Ledger
}

/** `GET /api/health`. */
export type HealthWithHistory = Health & { readonly history: HealthHistory }
