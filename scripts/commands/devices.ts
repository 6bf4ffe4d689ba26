import { UserError } from '../../infra/checks/user-error.ts'
import { addressText } from '../../infra/topology/addresses.ts'
import { devicesTopicOf } from '../../services/devices/devices-topic.ts'
import { openRegistry } from '../../services/devices/open-registry.ts'
import { readWaitingVehicles } from '../../services/devices/waiting-vehicles.ts'
import { createLogger } from '../../services/runtime/logger.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import { answer } from '../devices/answer.ts'
import { parseDevicesRequest } from '../devices/request.ts'
import { unreadDevices } from '../devices/unread-devices.ts'
import { openBrokers } from '../platform/kafka-queries.ts'
import { findPlatform, noPlatform } from '../platform/running-platform.ts'

const readTimeoutMs = 15_000

/** `npm run devices`: adds, lists and changes the devices that may report. */
export function run(args: readonly string[]): Promise<number> {
  const out = args.includes('--json') ? process.stderr : process.stdout
  return reportUserErrors(async () => {
    const request = parseDevicesRequest(args)
    const platform = await findPlatform(request.choice)
    if (!platform) throw new UserError(noPlatform)
    const topic = devicesTopicOf(platform.config.kafka.topic)
    const logger = createLogger('devices', 'silent')
    await using open = openRegistry(openBrokers(await platform.kafka()), { topic, logger })
    await open.reader.whenReady(AbortSignal.timeout(readTimeoutMs))
    const { registry } = open.reader
    if (registry === undefined) throw await unreadDevices(platform)
    const readWaiting = async () =>
      readWaitingVehicles((await platform.operations('producer')).map(addressText))
    return await answer({ writer: open.writer, readWaiting }, registry, request)
  }, out)
}
