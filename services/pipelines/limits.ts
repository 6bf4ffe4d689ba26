/** The limits of values that both a declaration and a setting can have. */
export const limits = {
  batchRecords: 100_000,
  /** A duration as text. */
  batchWithin: '1 h',
  commitEvery: 1_000_000,
} as const
