import { devicesTopicOf } from '../../services/devices/devices-topic.ts'
import { hashOfToken, newToken } from '../../services/devices/device-token.ts'
import type { OpenRegistry } from '../../services/devices/open-registry.ts'
import { openRegistry } from '../../services/devices/open-registry.ts'
import { openBrokers } from '../../scripts/platform/kafka-queries.ts'
import { serviceLogger } from './service-log.ts'
import type { Tenant } from './tenant.ts'

/** Opens the registry of a tenant, and waits until it was read. */
export async function openDevices({ kafka }: Pick<Tenant, 'kafka'>): Promise<OpenRegistry> {
  const topic = devicesTopicOf(kafka.topic)
  const open = openRegistry(openBrokers(kafka), { topic, logger: serviceLogger })
  await open.reader.whenReady(AbortSignal.timeout(20_000))
  if (open.reader.registry === undefined) throw new Error('the devices were not read')
  return open
}

/** Adds a device and returns its token. */
export async function addDevice(
  { writer }: OpenRegistry,
  vin: string,
  aliases: readonly string[] = [],
): Promise<string> {
  const token = newToken()
  const change = { kind: 'add', vin, name: vin, aliases, tokenHash: hashOfToken(token) } as const
  const outcome = await writer.write(change)
  if (outcome.kind !== 'stands') throw new Error(`the device was not added: ${outcome.kind}`)
  return token
}
