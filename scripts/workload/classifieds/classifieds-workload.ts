import { resolve } from 'node:path'
import { UserError } from '../../../infra/checks/user-error.ts'
import { TopicAdmin } from '../../../services/adapters/kafka/topic-admin.ts'
import { sleep } from '../../../services/runtime/retry.ts'
import { root } from '../../platform/paths.ts'
import type { Fault } from '../../verify/faults/fault.ts'
import { createShortTimeoutKafka } from '../brokers.ts'
import type { WorkloadPlatform } from '../platform.ts'
import type { Judgement, Progress, SendingPlan, Workload } from '../workload.ts'
import { Account } from './account.ts'
import type { PipelineLedgers } from './accounts.ts'
import { readLedgers } from './accounts.ts'
import { holdBack } from './held-back.ts'
import { judgeRun } from './judge-run.ts'
import { Load } from './load.ts'
import {
  createFolder,
  pipelines,
  removeDeclarations,
  topic,
  writeDeclarations,
} from './pipelines.ts'
import type { Run } from './run.ts'

const pollMs = 200
/** Seconds until the workers have read the declarations, and until earlier records are settled. */
const startTimeoutSeconds = 120
const ends = (ledgers: PipelineLedgers): number[] =>
  ledgers.ledgers.map((ledger) => ledger.nextOffset)

/**
 * Records that are sent to a topic which two declared pipelines read: new advertisements, newer, older
 * and equal versions of them, and records that cannot be stored.
 */
export class ClassifiedsWorkload implements Workload {
  readonly unit = 'records'
  readonly usualRate = 2_000
  readonly storedBy = 'worker'
  readonly isSentOverHttp = false
  readonly faults: readonly Fault[] = []
  #run: Run | undefined
  #folder: string | undefined

  settings(folder: string): readonly string[] {
    createFolder(folder)
    return [`worker.folder=${folder}`]
  }

  get rate(): number {
    return this.#run?.rate ?? 0
  }

  async begin(platform: WorkloadPlatform, { rate, random }: SendingPlan): Promise<void> {
    await this.#end()
    this.#declare(platform)
    const kafka = createShortTimeoutKafka(platform.kafka)
    const admin = new TopicAdmin(kafka, topic)
    const begun = await untilSettled(platform, admin)
    await holdBack(platform)
    const account = new Account(
      `v${Math.floor(random() * 36 ** 8)
        .toString(36)
        .padStart(8, '0')}`,
    )
    const partitions = begun[0]?.ledgers.length ?? 1
    const load = new Load({ kafka, partitions, rate, account, random })
    this.#run = { platform, rate, account, load, kafka, admin, begun }
  }

  #declare({ config }: WorkloadPlatform): void {
    const { folder } = config.worker
    if (folder === '') throw new UserError(noFolder)
    this.#folder = resolve(root, folder)
    writeDeclarations(this.#folder)
  }

  async progress(): Promise<Progress> {
    const { platform, account, admin } = this.#activeRun
    const high = (await admin.ranges()).map((range) => range.high)
    const settled: number[] = []
    for (const pipeline of pipelines) {
      const ledgers = await readLedgers(platform.pool, pipeline, high.length)
      if (ledgers === undefined) throw new Error(`${pipeline.name} has no ledgers`)
      settled.push(...ends(ledgers))
    }
    return {
      acknowledged: account.acknowledged,
      ends: pipelines.flatMap(() => high),
      settled,
    }
  }

  /**
   * After the last record is settled, the closing records are sent: a dead letter of an earlier record
   * must not be in their transaction.
   */
  async stop(timeoutSeconds: number): Promise<readonly string[]> {
    const { load } = this.#activeRun
    const failures = await load.stop(timeoutSeconds)
    if (failures.length > 0) return failures
    if (!(await this.#isSettledWithin(timeoutSeconds)))
      return ['the records were not settled, so no dead letter was redriven over a newer row']
    return load.sendClosingRecords(timeoutSeconds)
  }

  async #isSettledWithin(seconds: number): Promise<boolean> {
    const deadline = Date.now() + seconds * 1000
    while (Date.now() < deadline) {
      const progress = await this.progress().catch(() => undefined)
      if (progress?.ends.every((end, lane) => progress.settled[lane] === end)) return true
      await sleep(pollMs)
    }
    return false
  }

  judge(): Promise<Judgement> {
    return judgeRun(this.#activeRun)
  }

  get #activeRun(): Run {
    if (this.#run === undefined) throw new Error('call begin() first: no run has started')
    return this.#run
  }

  async #end(): Promise<void> {
    await this.#run?.load[Symbol.asyncDispose]()
    await this.#run?.admin[Symbol.asyncDispose]()
    this.#run = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end()
    if (this.#folder !== undefined) removeDeclarations(this.#folder)
  }
}

const noFolder =
  'The workload classifieds puts its pipelines into the folder of the workers, and this platform has none. Start it with worker.folder.'

/** Waits until both pipelines run and have settled what the topic holds. */
async function untilSettled(
  { pool, config }: WorkloadPlatform,
  admin: TopicAdmin,
): Promise<PipelineLedgers[]> {
  const deadline = Date.now() + startTimeoutSeconds * 1000
  for (;;) {
    const found = await settledLedgers(pool, admin).catch(() => undefined)
    if (found !== undefined) return found
    if (Date.now() > deadline) {
      throw new Error(
        `The pipelines of ${config.worker.folder} did not settle the topic ${topic} within ${startTimeoutSeconds} s.`,
      )
    }
    await sleep(pollMs)
  }
}

async function settledLedgers(
  pool: WorkloadPlatform['pool'],
  admin: TopicAdmin,
): Promise<PipelineLedgers[] | undefined> {
  const high = (await admin.ranges()).map((range) => range.high)
  const found: PipelineLedgers[] = []
  for (const pipeline of pipelines) {
    const ledgers = await readLedgers(pool, pipeline, high.length)
    if (ledgers === undefined || high.length === 0) return undefined
    if (ends(ledgers).some((end, partition) => end !== high[partition])) return undefined
    found.push(ledgers)
  }
  return found
}
