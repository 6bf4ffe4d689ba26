/** The limits of values that both a declaration and a setting can have. */
export const limits = {
  batchRecords: 100_000,
  /** A duration as text. */
  batchWithin: '1 h',
  commitEvery: 1_000_000,
  concurrency: 1_000,
  /** A duration as text. A timer of Node.js has at most 24 days. */
  taskTimeout: '7 d',
  attempts: 100,
  /** Bad lines of one file. */
  rejectedLines: 1_000_000,
  /** Durations as texts. */
  scheduleEvery: { minimum: '1 s', maximum: '366 d' },
} as const
