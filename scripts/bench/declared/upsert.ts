import type { Bench, BenchContext } from '../bench.ts'
import { checkpoint } from '../checkpoint.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import { adverts, anAdvert, declarationOf, fillWithAdverts } from './adverts.ts'
import { createTable } from './append.ts'
import {
  measurePairs,
  runBareTable,
  storeWaiting,
  toFigures,
  withDeclarations,
} from './declared-run.ts'

const topic = 'adverts'
const leastRatio = 0.8
const batchRecords = 5_000
const fullKeys = 10_000_000
const quickKeys = 1_000_000
const fullPairs = 7
/** Records of a run, as a share of `records`: one run changes at most 1 % of the keys. */
const shareOfRecords = 0.2

export const declaredUpsert: Bench = {
  name: 'declared-upsert',
  description: 'rate of a declared pipeline that adds and changes rows of a large table',
  measure: (context) => {
    const { isQuick, records, printProgress, signal } = context
    const { keys = isQuick ? quickKeys : fullKeys } = context
    const { pairs: pairCount = isQuick ? 1 : fullPairs } = context
    const count = Math.ceil(records * shareOfRecords)
    const batch = `batch = { records = ${batchRecords}, within = "1 s" }`
    const table = 'key = ["id"]\non_conflict = "update"'
    const text = declarationOf({ name: adverts.pipeline, topic, table, batch })
    return withDeclarations({ adverts: text }, async (folder) => {
      // A transaction of the pipeline has records of one partition, and one of the program of all.
      await using platform = await context.open(`worker.folder=${folder}`, 'kafka.partitions=1')
      await createTable(platform, signal)
      printProgress(`adding ${keys} rows`)
      await addRows(platform, keys)
      const runs = new Runs(platform, { keys, count, signal })
      const pairs = await measurePairs(context, pairCount, runs)
      return toFigures('declared-upsert', leastRatio, pairs)
    })
  },
}

/** Adds the rows before the index: that is ten times faster. */
async function addRows({ pool }: BenchPlatform, keys: number): Promise<void> {
  await pool.query(`
    ALTER TABLE ${adverts.relation} DROP CONSTRAINT adverts_pkey;
    INSERT INTO ${adverts.relation}
      SELECT 'ad-' || lpad(number::text, 12, '0'), '2025-01-01'::timestamptz + number * interval '1 ms',
        (number % 9000000) / 100.0, number % 300000, number % 7 = 0,
        'Estate car, second owner, ' || number % 100000 || ' photos', 0, 0, number
      FROM generate_series(0, ${keys - 1}) AS number;
    ALTER TABLE ${adverts.relation} ADD PRIMARY KEY (id)`)
  await pool.query(`VACUUM (ANALYZE) ${adverts.relation}`)
}

type Size = {
  /** Keys of the table before the first run. */
  readonly keys: number
  /** Records of a run. */
  readonly count: number
  readonly signal: BenchContext['signal']
}

/** Each run gets other records: half of them have new keys, in random order. */
class Runs {
  readonly #platform: BenchPlatform
  readonly #size: Size
  #version = 0
  #nextKey: number

  constructor(platform: BenchPlatform, size: Size) {
    this.#platform = platform
    this.#size = size
    this.#nextKey = size.keys
  }

  readonly bare = async () => {
    const { count: records, signal } = this.#size
    const ownTopic = `adverts-bare-${this.#version}`
    await this.#fill(ownTopic)
    const run = { topic: ownTopic, records, batchRecords, isUpsert: true }
    return runBareTable(this.#platform, run, signal)
  }

  readonly declared = async () => {
    await this.#fill(topic)
    return storeWaiting(this.#platform, this.#size.count, this.#size.signal)
  }

  async #fill(ofTopic: string): Promise<void> {
    const { count, signal } = this.#size
    const fill = { topic: ofTopic, count, advertOf: () => this.#nextAdvert() }
    await fillWithAdverts(this.#platform, fill, signal)
    await checkpoint(this.#platform.pool)
  }

  #nextAdvert(): string {
    this.#version += 1
    if (Math.random() < 0.5) return anAdvert(this.#nextKey++, this.#version)
    return anAdvert(Math.floor(Math.random() * this.#size.keys), this.#version)
  }
}
