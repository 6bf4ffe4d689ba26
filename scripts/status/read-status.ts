import type { KafkaSettings } from '../../services/adapters/kafka/client.ts'
import type { AccountedPipeline } from '../../services/adapters/postgres/ledger/account-store.ts'
import {
  accountedReadings,
  checkRows,
} from '../../services/adapters/postgres/ledger/account-store.ts'
import { PostgresLedgerStore } from '../../services/adapters/postgres/ledger/ledger-store.ts'
import { PostgresPipelineStore } from '../../services/adapters/postgres/pipelines/pipeline-store.ts'
import { UnreadableStore } from '../../services/adapters/postgres/ledger/unreadable-store.ts'
import type { Pool } from '../../services/adapters/postgres/driver/connection.ts'
import type { Account } from '../../services/ledger/account.ts'
import { toAccount } from '../../services/ledger/account.ts'
import type { RowAccount } from '../../services/ledger/ledger.ts'
import { rowImbalanceOf } from '../../services/ledger/ledger.ts'
import { fromStored } from '../../services/pipelines/declaration/stored-declaration.ts'
import { isTaskDeclaration } from '../../services/pipelines/declaration/task-declaration.ts'
import { stagesOf } from '../../services/pipelines/grouped-topic.ts'
import { accountedPipeline } from '../../services/worker/pipelines/accounted-pipeline.ts'
import type { BucketStatus } from './bucket-status.ts'
import { readBucket } from './bucket-status.ts'
import type { UnknownVehicles } from './unknown-vehicles.ts'
import { readUnknownVehicles } from './unknown-vehicles.ts'
import type { RunningPlatform, RunningVehicles, ServiceState } from '../targets/target.ts'
import { kafkaSettingsOf, rangesOfTopic } from '../platform/kafka-queries.ts'

/** What runs. `npm run status -- --json` prints it as a part of the status. */
export type RunningParts = {
  readonly address: string
  /** The name of the target. */
  readonly target: string
  /** Name of the network on Docker; null on other targets. */
  readonly network: string | null
  readonly services: readonly ServiceState[]
  /** Containers or pods with vehicles; none on this machine. */
  readonly vehicleContainers: readonly RunningVehicles[]
  /** Null if no files are loaded. */
  readonly bucket: BucketStatus | null
  /** Null if it cannot be read. */
  readonly unknownVehicles: UnknownVehicles | null
}

/** What became of the records of a pipeline. */
export type PipelineStatus = Account & {
  readonly name: string
  /** The table, with its schema if that is not `public`; null if the records go to a topic. */
  readonly table: string | null
  /** Why the numbers in flight are null; null if they are known. */
  readonly inFlightUnknown: string | null
  /** Logs after the first one: each began after Kafka had lost the log before. */
  readonly laterLogs: readonly {
    readonly log: number
    readonly beganAt: Date
    readonly reason: string
  }[]
  /** Partitions of which nothing more can be stored. */
  readonly unreadable: readonly {
    readonly log: number
    readonly partition: number
    readonly firstOffset: number
    /** Null if it is not known. */
    readonly lastOffset: number | null
    readonly reason: string
  }[]
  /** Why a user must decide where the pipeline continues; null if it needs no decision. */
  readonly needsDecision: string | null
  /** Null if the records go to a topic. */
  readonly rows: RowAccount | null
  /** Surplus rows (> 0) or missing rows (< 0). */
  readonly rowImbalance: number
}

/** The account of a pipeline could not be read. */
type UnknownPipeline = { readonly name: string; readonly error: string }

export type AnyPipeline = PipelineStatus | UnknownPipeline

export async function readRunningParts(platform: RunningPlatform): Promise<RunningParts> {
  const { target, network, eventsUrl } = platform
  return {
    address: eventsUrl,
    target,
    network,
    services: await platform.serviceStates(),
    vehicleContainers: await platform.vehicles(),
    bucket: await readBucket(platform),
    unknownVehicles: await readUnknownVehicles(platform),
  }
}

/** A pipeline of the platform, or a stage of a declared one. */
type ReadPipeline = {
  readonly name: string
  readonly topic: string
  /** Undefined if the records go to a topic. */
  readonly accounted: AccountedPipeline | undefined
  readonly needsDecision: string | null
}

/**
 * Reads the account of the readings and of each declared pipeline, also of a paused one, and counts
 * all rows. A pipeline that is reset has no account.
 */
export async function readPipelines(platform: RunningPlatform): Promise<AnyPipeline[]> {
  const { config } = platform
  const pool = await platform.pool()
  const accounted = accountedReadings(config.postgres.table)
  const { topic } = config.kafka
  try {
    const kafka = await platform.kafka().catch(() => kafkaSettingsOf(config, undefined))
    const statuses: AnyPipeline[] = [
      await readPipeline(pool, kafka, {
        ...{ name: accounted.pipeline, topic, accounted, needsDecision: null },
      }),
    ]
    for (const pipeline of await declaredPipelines(pool)) {
      statuses.push(await readPipeline(pool, kafka, pipeline))
    }
    return statuses
  } catch (error) {
    return [{ name: 'all pipelines', error: (error as Error).message }]
  } finally {
    await pool.end()
  }
}

async function declaredPipelines(pool: Pool): Promise<ReadPipeline[]> {
  const stored = await new PostgresPipelineStore(pool).list()
  const declared = stored.filter(({ declaration }) => declaration !== null)
  return declared.flatMap(({ declaration: of, needsDecision: isNeeded, pauseReason = '' }) => {
    const declaration = fromStored(of)
    const needsDecision = isNeeded ? pauseReason : null
    return stagesOf(declaration).map(({ name, topic }) => {
      const hasRows = name === declaration.name && !isTaskDeclaration(declaration)
      const accounted = hasRows ? accountedPipeline(declaration) : undefined
      return { name, topic, accounted, needsDecision }
    })
  })
}

async function readPipeline(
  pool: Pool,
  kafka: KafkaSettings,
  pipeline: ReadPipeline,
): Promise<AnyPipeline> {
  try {
    return await readAccount(pool, kafka, pipeline)
  } catch (error) {
    return { name: pipeline.name, error: (error as Error).message }
  }
}

async function readAccount(
  pool: Pool,
  kafka: KafkaSettings,
  { name, topic, accounted, needsDecision }: ReadPipeline,
): Promise<PipelineStatus> {
  const store = new PostgresLedgerStore(pool, name)
  const current = await store.currentLog(topic)
  const inKafka = await rangesOfTopic(kafka, topic)
  const ledgers = await store.ledgers()
  const [, ...laterLogs] = await store.logs(topic)
  const unreadable = await new UnreadableStore(pool, name).current(topic)
  const rows = accounted === undefined ? null : (await checkRows(pool, accounted)).rows
  return {
    name,
    table: accounted?.relation.replaceAll('"', '') ?? null,
    ...toAccount(ledgers, { logId: current?.id, ranges: inKafka.ranges }),
    inFlightUnknown: inKafka.isKnown ? null : inKafka.reason,
    laterLogs: laterLogs.map(({ id, beganAt, reason }) => ({ log: id, beganAt, reason })),
    unreadable: unreadable.map(({ logId, lastOffset = null, partition, firstOffset, reason }) => ({
      ...{ log: logId, partition, firstOffset, lastOffset, reason },
    })),
    needsDecision,
    rows,
    rowImbalance: rows === null ? 0 : rowImbalanceOf(rows),
  }
}

/** Whether all services are ready, the bucket can be read, and each account balances and can be read on. */
export function isInOrder(
  { services, bucket }: RunningParts,
  pipelines: readonly AnyPipeline[],
): boolean {
  const isReadable = bucket === null || bucket.fault === null
  const areReady = services.every(({ state }) => state === 'ready')
  return areReady && isReadable && pipelines.every(isPipelineInOrder)
}

function isPipelineInOrder(pipeline: AnyPipeline): boolean {
  if ('error' in pipeline) return false
  const { isBalanced, rowImbalance, unreadable, needsDecision } = pipeline
  return isBalanced && rowImbalance === 0 && unreadable.length === 0 && needsDecision === null
}

/** The JSON of `npm run status -- --json`. */
export function toJson({
  parts,
  pipelines,
  guarantee,
}: {
  readonly parts: RunningParts
  readonly pipelines: readonly AnyPipeline[]
  readonly guarantee: readonly string[]
}): object {
  return {
    isInOrder: isInOrder(parts, pipelines),
    ...parts,
    pipelines,
    guarantee,
  }
}
