import { randomUUID } from 'node:crypto'
import { AssignerProtocol } from 'kafkajs'
import { consumerGroupOf } from '../../../services/adapters/kafka/client.ts'
import { toConnection } from '../../../services/adapters/kafka/connection/kafkajs-options.ts'
import { sleep } from '../../../services/runtime/retry.ts'
import { readingsPipeline } from '../../../services/telemetry/pipeline.ts'
import { localPassword, ownerSettings } from '../../platform/database.ts'
import { fillTopic } from '../../workload/readings/fill-topic.ts'
import { beginFor } from '../../workload/readings/numbered-readings.ts'
import type { Bench, BenchContext, Figure } from '../bench.ts'
import { median, medianWithSpread } from '../bench.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import { runProgram } from '../program.ts'
import type { BareResult } from '../programs/bare-consumer.ts'
import type { BareSinkOrder } from '../programs/bare-sink.ts'
import type { SinkRun } from './sink-run.ts'
import {
  clientOf,
  endsOf,
  pollIntervalMs,
  resetStoredRows,
  peakOf,
  rateOf,
  repeat,
  storeWholeLog,
  sum,
  measureRun,
} from './sink-run.ts'

const maxMegabytes = 400

export const sink: Bench = {
  name: 'sink',
  description: 'rate from a backlog in Kafka to rows in Postgres',
  measure: async (context) => {
    await using platform = await context.open('consumer.instances=2')
    const { records, runs, printProgress, signal } = context
    printProgress(`filling the topic with ${records} records`)
    const fill = { first: 0, count: records, begin: beginFor(records, Date.now()) }
    await fillTopic(platform, fill, signal)
    const alone: SinkRun[] = []
    const bare: BareResult[] = []
    for (let run = 1; run <= runs; run += 1) {
      printProgress(`run ${run} of ${runs}: bare line`)
      bare.push(await runBare(platform, context))
      printProgress(`run ${run} of ${runs}: one consumer`)
      alone.push(await storeWholeLog(platform, context))
    }
    const pairs = await repeat(context, 'two consumers', () => runPair(platform, context))
    return toFigures(alone, pairs, bare)
  },
}

function toFigures(
  alone: readonly SinkRun[],
  pairs: readonly SinkRun[],
  bare: readonly BareResult[],
): Figure[] {
  const limits = bare.map(({ rows, seconds }) => rows / seconds)
  const limit = median(limits)
  const one = medianWithSpread(alone.map(rateOf))
  const two = medianWithSpread(pairs.map(rateOf))
  const peak = peakOf([...alone, ...pairs])
  const unit = 'rows/s'
  return [
    {
      name: 'sink',
      ...one,
      unit,
      limit,
      bar: '≥ 0.85 of the bare line',
      met: one.value >= 0.85 * limit,
      note: describeCores(alone),
    },
    {
      name: 'sink, two consumers',
      ...two,
      unit,
      limit: one.value,
      bar: '≥ 1.15 of one',
      met: two.value >= 1.15 * one.value,
      note: describeCores(pairs),
    },
    {
      name: 'sink, memory',
      value: peak,
      unit: 'MB',
      bar: `< ${maxMegabytes} MB a consumer`,
      met: peak < maxMegabytes,
      note: `bare line ${Math.round(Math.max(...bare.map(({ peakMegabytes }) => peakMegabytes)))} MB`,
    },
  ]
}

function describeCores(runs: readonly SinkRun[]): string {
  const consumer = median(runs.map(({ cores }) => cores.consumer))
  const postgres = median(runs.map(({ cores }) => cores.postgres))
  return `cores: consumers ${consumer.toFixed(2)}, Postgres ${postgres.toFixed(2)}`
}

/**
 * Two consumers. The group assigns the partitions before there are records. The measured time is the
 * time in which both have records left.
 */
async function runPair(platform: BenchPlatform, context: BenchContext): Promise<SinkRun> {
  const { pool, config } = platform
  const names = ['consumer-0', 'consumer-1']
  const { signal, records } = context
  await platform.startServices(...names)
  try {
    const shares = await sharesOf(platform, signal)
    const client = await pool.connect()
    try {
      // The lock on the ledger stops the consumers until all records are in the topic.
      await client.query(`BEGIN; TRUNCATE "${config.postgres.table}"; LOCK TABLE partition_ledger`)
      const filled = sum(await endsOf(platform))
      const fill = { first: filled, count: records, begin: beginFor(filled + records, Date.now()) }
      await fillTopic(platform, fill, signal)
    } finally {
      await client.query('COMMIT')
      client.release()
    }
    return await measureRun(platform, names, { ends: await endsOf(platform), shares, signal })
  } finally {
    await platform.stopServices(...names)
  }
}

/** The partitions of each of two consumers, after the group has assigned them. */
async function sharesOf({ kafka }: BenchPlatform, signal: AbortSignal): Promise<number[][]> {
  const admin = clientOf(kafka).admin()
  await admin.connect()
  try {
    for (;;) {
      const { groups } = await admin.describeGroups([
        consumerGroupOf({ pipeline: readingsPipeline, topic: kafka.topic }),
      ])
      const [group] = groups
      if (group?.state === 'Stable' && group.members.length === 2) {
        return group.members.map(({ memberAssignment }) => {
          const decoded = AssignerProtocol.MemberAssignment.decode(memberAssignment)
          return decoded?.assignment[kafka.topic] ?? []
        })
      }
      await sleep(pollIntervalMs, signal)
      signal.throwIfAborted()
    }
  } finally {
    await admin.disconnect()
  }
}

/** The bare program stores the same records in the same table. */
async function runBare(platform: BenchPlatform, context: BenchContext): Promise<BareResult> {
  await resetStoredRows(platform)
  const { config, folders, pool } = platform
  const { postgres } = config
  // The bare program does not create day partitions.
  const days = await pool.query<{ day: string }>(
    `SELECT ensure_day(day::date) FROM generate_series(now() - interval '3 days', now() + interval '1 day', '1 day') AS day`,
  )
  if (days.rowCount === 0) throw new Error('no day partitions were created')
  const order: BareSinkOrder = {
    connection: toConnection(platform.kafka),
    topic: platform.kafka.topic,
    // An existing Kafka allows the groups whose names begin like this.
    groupId: `av-telemetry-verify-${platform.kafka.topic}-bench-${randomUUID()}`,
    records: context.records,
    table: postgres.table,
    postgres: ownerSettings(config, localPassword(folders)),
  }
  return runProgram('bare-sink', order, context.signal)
}
