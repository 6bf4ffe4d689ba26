/**
 * Figures of docs/benchmarks.md, from one small machine and readings of about 210 bytes of JSON. A
 * unit test compares the two. Figures of another machine go into both.
 */
export const measured = {
  machine: 'a virtual machine with 2 cores that ran everything, the clients too',
  /** `ingest-single`, and `ingest-batch` in lines, the slower of the two. */
  producer: { requestsPerSecond: 26_300, readingsPerSecond: 97_000, megabytes: 132 },
  /** `sink`. */
  consumer: { rowsPerSecond: 124_000, megabytes: 164 },
  /** What a broker took in `ingest-batch`, in arrays. */
  broker: { recordsPerSecond: 106_000 },
  /** `growth`: with 50 million rows. */
  postgres: { rowsPerSecond: 84_900 },
  /**
   * `cost`: bytes of one reading. The index as it is when its day is over; until then it takes up to
   * 167.
   */
  bytes: { kafka: 307, table: 149, index: 95, wal: 417 },
} as const

/** A measured load of one instance: readings a second, and the cores that were busy. */
export type LoadPoint = { readonly rate: number; readonly cores: number }

/**
 * Busy cores of one instance at the measured loads, lowest first. A reading costs less at a higher
 * rate, because more readings share a send, a fetch and a transaction.
 */
export type MeasuredCores = {
  /** Each request has one reading. */
  readonly single: readonly LoadPoint[]
  /** Each request has a hundred readings. */
  readonly arrays: readonly LoadPoint[]
}

/** `rest`: the rate of ten vehicles. */
const restRate = 10
/** `cost`: core-seconds of a million readings, at these rates. */
const costRates = { single: 3_000, arrays: 10_000 } as const
const atCost = (form: keyof typeof costRates, coreSecondsPerMillion: number): LoadPoint => ({
  rate: costRates[form],
  cores: (costRates[form] * coreSecondsPerMillion) / 1_000_000,
})

export const measuredCores = {
  /** `rest`, `cost`, `ingest-single`; `cost`, `ingest-batch`. */
  producer: {
    single: [
      { rate: restRate, cores: 0.02 },
      atCost('single', 79),
      { rate: measured.producer.requestsPerSecond, cores: 1.01 },
    ],
    arrays: [atCost('arrays', 31), { rate: 106_000, cores: 1.02 }],
  },
  /** `rest`, `cost`, `sink`. */
  consumer: {
    single: [
      { rate: restRate, cores: 0.04 },
      atCost('single', 45),
      { rate: measured.consumer.rowsPerSecond, cores: 0.75 },
    ],
    arrays: [atCost('arrays', 19), { rate: measured.consumer.rowsPerSecond, cores: 0.75 }],
  },
  /** `rest`, `cost`. */
  postgres: {
    single: [{ rate: restRate, cores: 0.01 }, atCost('single', 24)],
    arrays: [atCost('arrays', 12)],
  },
} as const satisfies Record<string, MeasuredCores>
