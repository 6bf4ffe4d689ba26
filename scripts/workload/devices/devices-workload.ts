import { hashOfToken, newToken } from '../../../services/devices/device-token.ts'
import { devicesTopicOf } from '../../../services/devices/devices-topic.ts'
import type { OpenRegistry } from '../../../services/devices/open-registry.ts'
import { openRegistry } from '../../../services/devices/open-registry.ts'
import { createLogger } from '../../../services/runtime/logger.ts'
import { unreadDevices } from '../../devices/unread-devices.ts'
import { openBrokers } from '../../platform/kafka-queries.ts'
import { areLedgersBalanced } from '../ledgers.ts'
import { HttpWorkload } from '../http-workload.ts'
import type { WorkloadPlatform } from '../platform.ts'
import type { Judgement, SendingPlan } from '../workload.ts'
import type { FoundPosition } from './account.ts'
import { DeviceAccount } from './account.ts'
import { DeviceLoad } from './load.ts'

const devices = 20
/** How long ago the first position was recorded. Devices send more than one position a second. */
const ageSeconds = 6 * 3_600
const readTimeoutMs = 30_000

type Run = { readonly accounts: readonly DeviceAccount[]; readonly load: DeviceLoad }

/** Positions that devices report with their tokens in all formats, compared with the rows of the table. */
export class DevicesWorkload extends HttpWorkload<Run> {
  readonly unit = 'positions'
  readonly usualRate = 200

  override settings(): readonly string[] {
    return ['devices.unknown=refuse']
  }

  protected async start(platform: WorkloadPlatform, { rate, random }: SendingPlan): Promise<Run> {
    const prefix = `D${Math.floor(random() * 2 ** 40).toString(36)}`
    const begin = Math.floor(Date.now() / 1_000) - ageSeconds
    const added = await addDevices(platform, prefix)
    const accounts = added.map((device) => new DeviceAccount(device, begin))
    return { accounts, load: new DeviceLoad({ url: platform.ingressUrl, rate, accounts, random }) }
  }

  async judge(): Promise<Judgement> {
    const { platform, accounts, load } = this.run
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

  /** A platform that is stopped, or disturbed by a fault, keeps the devices. */
  protected override async cleanUp({
    platform,
    accounts,
  }: Run & { readonly platform: WorkloadPlatform }): Promise<void> {
    await using registry = open(platform)
    await registry.reader.whenReady(AbortSignal.timeout(3_000))
    for (const { vin } of accounts) {
      const { kind } = await registry.writer.write({ kind: 'remove', vin })
      if (kind !== 'stands') return
    }
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
  if (registry.reader.registry === undefined) throw await unreadDevices(platform)
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

async function rowsOf({ pool, config }: WorkloadPlatform, vin: string): Promise<FoundPosition[]> {
  const { rows } = await pool.query<[number, number]>({
    rowMode: 'array',
    text: `SELECT extract(epoch FROM recorded_at)::float8, latitude
           FROM "${config.postgres.table}" WHERE vin = $1`,
    values: [vin],
  })
  return rows.map(([seconds, latitude]) => ({ vin, seconds, latitude }))
}
