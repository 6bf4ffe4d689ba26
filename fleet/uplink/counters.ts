/** The state of all readings of an uplink. */
export type UplinkCounters = {
  /** Readings recorded or found in the journal: acknowledged + refused + dropped + pending. */
  readonly recorded: number
  /** Readings in POST requests; retries count again. */
  readonly sent: number
  readonly acknowledged: number
  /** Permanently refused readings, by the server's code. */
  readonly refused: Readonly<Record<string, number>>
  readonly dropped: number
  readonly pending: number
  /** Pending readings that would be lost if the process ended. */
  readonly unsaved: number
  readonly lastError?: string
}
