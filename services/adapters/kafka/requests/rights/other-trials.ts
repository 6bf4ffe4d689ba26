import type { ProtocolRequest } from '../protocol-requests.ts'
import { flag, int16, int32, listOf, noTags, nothing, sized, WireReader } from '../wire-format.ts'

/** A topic that the platform would create. */
export type PlannedTopic = {
  readonly topic: string
  /** -1: the default of the brokers. */
  readonly partitions: number
  readonly replicationFactor: number
  readonly settings: readonly { readonly name: string; readonly value: string }[]
}

/** What the brokers answered about a topic that would be created. */
export type CreationAnswer = { readonly code: number; readonly message: string }

const timeoutMs = 10_000

/** Asks whether a topic may be created, and its settings are allowed. Nothing is created. "CreateTopics", version 5. */
export function creationTrial(planned: PlannedTopic): ProtocolRequest<CreationAnswer> {
  const { topic, partitions, replicationFactor, settings } = planned
  const anyBrokers = listOf()
  const configs = listOf(
    ...settings.map(({ name, value }) => Buffer.concat([sized(name), sized(value), noTags])),
  )
  const shape = [int32(partitions), int16(replicationFactor), anyBrokers, configs]
  const topics = listOf(Buffer.concat([sized(topic), ...shape, noTags]))
  const isOnlyChecked = flag(true)
  return {
    ...{ apiKey: 19, apiVersion: 5, apiName: 'CreateTopics' },
    body: Buffer.concat([topics, int32(timeoutMs), isOnlyChecked, noTags]),
    decode: (answer) => {
      const reader = new WireReader(answer)
      // The throttle time.
      reader.skip(4)
      reader.readSize()
      reader.skipText()
      return { code: reader.readInt16(), message: reader.readText() }
    },
  }
}

/**
 * Asks whether the user may read as a member of a group: a sign of life of a member that does not exist. Every
 * broker checks the right first, so the coordinator of the group, which Kafka would have to create a topic for, is not
 * looked for. "Heartbeat", version 4. @returns the error
 */
export function groupTrial(group: string): ProtocolRequest<number> {
  const [generation, noInstance] = [int32(0), nothing]
  return {
    ...{ apiKey: 12, apiVersion: 4, apiName: 'Heartbeat' },
    body: Buffer.concat([sized(group), generation, sized('check-servers'), noInstance, noTags]),
    decode: (answer) => {
      const reader = new WireReader(answer)
      // The throttle time.
      reader.skip(4)
      return reader.readInt16()
    },
  }
}
