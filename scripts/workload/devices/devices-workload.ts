import { hashOfToken, newToken } from '../../../services/devices/device-token.ts'
import { devicesTopicOf } from '../../../services/devices/devices-topic.ts'
import type { OpenRegistry } from '../../../services/devices/open-registry.ts'
import { openRegistry } from '../../../services/devices/open-registry.ts'
import { createLogger } from '../../../services/runtime/logger.ts'
import { openBrokers } from '../../platform/kafka-queries.ts'
import type { Fault } from '../../verify/faults/fault.ts'
import { areLedgersBalanced } from '../ledgers.ts'
import type { WorkloadPlatform } from '../platform.ts'
import { TopicProgress } from '../topic-progress.ts'
import type { Judgement, Progress, SendingPlan, Workload } from '../workload.ts'
import type { FoundPosition } from './account.ts'
import { DeviceAccount } from './account.ts'
import { DeviceLoad } from './load.ts'

const devices = 20
/** How long ago the first position was recorded. Devices send more than one position a second. */
const ageSeconds = 6 * 3_600
const readTimeoutMs = 30_000

type Run = {
  readonly platform: WorkloadPlatform
  readonly rate: number
  readonly accounts: readonly DeviceAccount[]
  readonly load: DeviceLoad
  readonly topic: TopicProgress
}

/** Positions that devices report with their tokens in all formats, compared with the rows of the table. */
export class DevicesWorkload implements Workload {
  readonly unit = 'positions'
  readonly usualRate = 200
  readonly storedBy = 'consumer'
  readonly isSentOverHttp = true
  readonly faults: readonly Fault[] = []
  #run: Run | undefined

  settings(): readonly string[] {
    return ['devices.unknown=refuse']
  }

  get rate(): number {
    return this.#run?.rate ?? 0
  }

  async begin(platform: WorkloadPlatform, { rate, random }: SendingPlan): Promise<void> {
    await this[Symbol.asyncDispose]()
    const prefix = `D${Math.floor(random() * 2 ** 40).toString(36)}`
    const begin = Math.floor(Date.now() / 1_000) - ageSeconds
    const added = await addDevices(platform, prefix)
    const accounts = added.map((device) => new DeviceAccount(device, begin))
    const load = new DeviceLoad({ url: platform.ingressUrl, rate, accounts, random })
    this.#run = { platform, rate, accounts, load, topic: new TopicProgress(platform) }
  }

  async progress(): Promise<Progress> {
    const { load, topic } = this.#activeRun
    const positions = await topic.read()
    return { ...positions, acknowledged: load.acknowledged }
  }

  stop(timeoutSeconds: number): Promise<readonly string[]> {
    return this.#activeRun.load.stop(timeoutSeconds)
  }

  async judge(): Promise<Judgement> {
    const { platform, accounts, load } = this.#activeRun
    const ledgerBalanced = await areLedgersBalanced(platform)
    const sum = { stored: 0, lost: 0, duplicateRows: 0 }
    for (const account of accounts) {
      const { stored, lost, duplicates } = account.compare(await rowsOf(platform, account.vin))
      sum.stored += stored
      sum.lost += lost
      sum.duplicateRows += duplicates
    }
    const { acknowledged, refused } = load
    return { acknowledged, refused, ...sum, ledgerBalanced }
  }

  get #activeRun(): Run {
    if (this.#run === undefined) throw new Error('call begin() first: no run has started')
    return this.#run
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const run = this.#run
    this.#run = undefined
    if (run === undefined) return
    await run.load.stop(0)
    await run.topic[Symbol.asyncDispose]()
    await removeDevices(run)
  }
}

function open({ kafka }: Pick<WorkloadPlatform, 'kafka'>): OpenRegistry {
  const options = {
    topic: devicesTopicOf(kafka.topic),
    logger: createLogger('verify', 'silent'),
  }
  return openRegistry(openBrokers(kafka), options)
}

async function addDevices(platform: WorkloadPlatform, prefix: string) {
  await using registry = open(platform)
  await registry.reader.whenReady(AbortSignal.timeout(readTimeoutMs))
  const added: { readonly vin: string; readonly token: string }[] = []
  for (let index = 0; index < devices; index += 1) {
    const [vin, token] = [`${prefix}-${index}`, newToken()]
    const change = {
      kind: 'add',
      vin,
      name: vin,
      aliases: [],
      tokenHash: hashOfToken(token),
    } as const
    const { kind } = await registry.writer.write(change)
    if (kind !== 'stands') throw new Error(`a device could not be added: ${kind}`)
    added.push({ vin, token })
  }
  return added
}

/** A platform that is stopped, or disturbed by a fault, keeps the devices. */
async function removeDevices({ platform, accounts }: Run): Promise<void> {
  await using registry = open(platform)
  await registry.reader.whenReady(AbortSignal.timeout(3_000))
  for (const { vin } of accounts) {
    const { kind } = await registry.writer.write({ kind: 'remove', vin })
    if (kind !== 'stands') return
  }
}

async function rowsOf({ pool, config }: WorkloadPlatform, vin: string): Promise<FoundPosition[]> {
  const { rows } = await pool.query<[number, number]>({
    rowMode: 'array',
    text: `SELECT extract(epoch FROM recorded_at)::float8, latitude
           FROM "${config.postgres.table}" WHERE vin = $1`,
    values: [vin],
  })
  return rows.map(([seconds, latitude]) => ({ vin, seconds, latitude }))
}
