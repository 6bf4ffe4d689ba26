/** What became of the readings of an uplink. */
export type UplinkCounters = {
  /** Readings handed to the uplink, or found in the journal: acknowledged + refused + dropped + pending. */
  readonly recorded: number
  /** Readings in POSTs, those sent again counted again. */
  readonly sent: number
  readonly acknowledged: number
  /** Readings refused for good, by the server's code. */
  readonly refused: Readonly<Record<string, number>>
  readonly dropped: number
  readonly pending: number
  /** Of those pending: what would end with the process. */
  readonly unsaved: number
  readonly lastError?: string
}
