import type { ClosableKafka } from '../adapters/kafka/closable-kafka.ts'
import type { PostgresDeviceStore } from '../adapters/postgres/devices/device-store.ts'
import type { Logger } from '../runtime/logger.ts'
import { Resources } from '../runtime/resources.ts'
import { DeviceCopy } from './copy-devices.ts'
import { RegistryReader } from './registry-reader.ts'

type Options = {
  readonly topic: string
  readonly store: Pick<PostgresDeviceStore, 'store'>
  readonly logger: Logger
}

/** Reads the topic of devices and copies it to Postgres, until it is disposed. */
export function startDeviceCopy(kafka: ClosableKafka, options: Options): AsyncDisposable {
  const { topic, logger } = options
  const resources = new Resources()
  const copy = resources.use(new DeviceCopy(options))
  const onDevice = (device: Parameters<DeviceCopy['add']>[0]): void => {
    copy.add(device)
  }
  resources.use(new RegistryReader(kafka, { topic, logger, onDevice }).start())
  return resources
}
