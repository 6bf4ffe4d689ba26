/**
 * What `npm run bench` measured on one small machine. One instance alone, with what it needs;
 * a reading of about 210 bytes of JSON. Figures of another machine go here.
 */
export const measured = {
  machine: 'a virtual machine with 2 cores that ran everything, the clients too',
  /** `ingest-single` and `ingest-batch`. */
  producer: { requestsPerSecond: 19_000, readingsPerSecond: 97_000 },
  /** `sink`. */
  consumer: { rowsPerSecond: 79_000 },
  /** What a broker took while topics were filled. */
  broker: { recordsPerSecond: 90_000 },
  /** `sink` with two consumers; `cost`. */
  postgres: { rowsPerSecond: 90_000, coreSecondsPerMillion: 6 },
  /**
   * `cost`: bytes of one reading. The index as it is when its day is over (`growth`); until then it
   * takes up to 172.
   */
  bytes: { kafka: 296, table: 152, index: 95, wal: 350 },
} as const
