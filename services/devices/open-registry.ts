import type { ClosableKafka } from '../adapters/kafka/closable-kafka.ts'
import { Resources } from '../runtime/resources.ts'
import type { RegistryReaderOptions } from './registry-reader.ts'
import { RegistryReader } from './registry-reader.ts'
import { RegistryWriter } from './registry-writer.ts'

export type OpenRegistry = AsyncDisposable & {
  readonly reader: RegistryReader
  readonly writer: RegistryWriter
}

/** Reads the registry of devices and changes it, until it is disposed. */
export function openRegistry(kafka: ClosableKafka, options: RegistryReaderOptions): OpenRegistry {
  const resources = new Resources()
  const reader = resources.use(new RegistryReader(kafka, options).start())
  const writer = resources.use(new RegistryWriter(kafka, reader, options))
  return { reader, writer, [Symbol.asyncDispose]: () => resources[Symbol.asyncDispose]() }
}
