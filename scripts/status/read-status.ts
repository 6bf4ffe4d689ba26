import type { RunningVehicles } from '../../infra/docker/vehicles.ts'
import { vehicleContainers } from '../../infra/docker/vehicles.ts'
import { describeGuarantee } from '../../infra/config/guarantee.ts'
import { eventsAddress } from '../../infra/topology/addresses.ts'
import {
  accountedReadings,
  checkRows,
} from '../../services/adapters/postgres/ledger/account-store.ts'
import { PostgresLedgerStore } from '../../services/adapters/postgres/ledger/ledger-store.ts'
import { UnreadableStore } from '../../services/adapters/postgres/ledger/unreadable-store.ts'
import type { Pool } from '../../services/adapters/postgres/driver/connection.ts'
import type { Account } from '../../services/ledger/account.ts'
import { toAccount } from '../../services/ledger/account.ts'
import type { RowAccount } from '../../services/ledger/ledger.ts'
import { rowImbalanceOf } from '../../services/ledger/ledger.ts'
import { readingsPipeline } from '../../services/telemetry/pipeline.ts'
import { ownerPool } from '../platform/database.ts'
import type { RunningPlatform } from '../platform/running-platform.ts'
import { rangesOfTopic } from '../platform/kafka-queries.ts'

type ServiceStates = Awaited<ReturnType<RunningPlatform['serviceStates']>>

/** What runs. `npm run status -- --json` prints it as a part of the status. */
export type RunningParts = {
  readonly address: string
  readonly target: 'local' | 'docker'
  /** Name of the network on Docker; null on this machine. */
  readonly network: string | null
  readonly services: ServiceStates
  /** On Docker; empty on this machine. */
  readonly vehicleContainers: readonly RunningVehicles[]
}

/** What became of the records of a pipeline. */
export type PipelineStatus = Account & {
  readonly name: string
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
  readonly rows: RowAccount
  /** Surplus rows (> 0) or missing rows (< 0). */
  readonly rowImbalance: number
}

/** The account of a pipeline could not be read. */
export type UnknownPipeline = { readonly name: string; readonly error: string }

export async function readRunningParts(platform: RunningPlatform): Promise<RunningParts> {
  const { target, config } = platform
  const isOnDocker = target === 'docker'
  return {
    address: eventsAddress(config),
    target,
    network: isOnDocker ? config.network.name : null,
    services: await platform.serviceStates(),
    vehicleContainers: isOnDocker ? await vehicleContainers(config) : [],
  }
}

/** Reads the account of the readings and counts all rows. */
export async function readReadingsStatus(
  platform: RunningPlatform,
): Promise<PipelineStatus | UnknownPipeline> {
  const pool = ownerPool(platform.config, await platform.password())
  try {
    return await readPipeline(pool, platform)
  } catch (error) {
    return { name: readingsPipeline, error: (error as Error).message }
  } finally {
    await pool.end()
  }
}

async function readPipeline(pool: Pool, { config }: RunningPlatform): Promise<PipelineStatus> {
  const { topic: name } = config.kafka
  const store = new PostgresLedgerStore(pool, readingsPipeline)
  const current = await store.currentLog(name)
  const topic = await rangesOfTopic(config)
  const ledgers = await store.ledgers()
  const [, ...laterLogs] = await store.logs(name)
  const unreadable = await new UnreadableStore(pool, readingsPipeline).current(name)
  const { rows } = await checkRows(pool, accountedReadings(config.postgres.table))
  return {
    name: readingsPipeline,
    ...toAccount(ledgers, { logId: current?.id, ranges: topic.ranges }),
    inFlightUnknown: topic.isKnown ? null : topic.reason,
    laterLogs: laterLogs.map(({ id, beganAt, reason }) => ({ log: id, beganAt, reason })),
    unreadable: unreadable.map(({ logId, lastOffset = null, partition, firstOffset, reason }) => ({
      ...{ log: logId, partition, firstOffset, lastOffset, reason },
    })),
    rows,
    rowImbalance: rowImbalanceOf(rows),
  }
}

/** Whether all services are ready, and the account balances and can be read on. */
export function isInOrder(
  { services }: RunningParts,
  pipeline: PipelineStatus | UnknownPipeline,
): boolean {
  const allReady = services.every(({ state }) => state === 'ready')
  if ('error' in pipeline) return false
  const { isBalanced, rowImbalance, unreadable } = pipeline
  return allReady && isBalanced && rowImbalance === 0 && unreadable.length === 0
}

/** The JSON of `npm run status -- --json`. */
export function toJson(
  platform: RunningPlatform,
  parts: RunningParts,
  pipeline: PipelineStatus | UnknownPipeline,
): object {
  return {
    isInOrder: isInOrder(parts, pipeline),
    ...parts,
    pipelines: [pipeline],
    guarantee: describeGuarantee(platform.config),
  }
}
