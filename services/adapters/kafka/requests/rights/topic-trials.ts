import type { ProtocolRequest } from '../protocol-requests.ts'
import {
  flag,
  int16,
  int32,
  int64,
  listOf,
  noTags,
  nothing,
  sized,
  WireReader,
} from '../wire-format.ts'
import type { KafkaOperation } from './allowed-operations.ts'

/**
 * Requests about a topic that does not exist. A broker first checks whether the user may send the request, and then
 * finds that there is no such topic. None of them changes a topic that exists either: their content is empty, or
 * they only ask for a check. The formats are in the Kafka protocol guide.
 */
export const topicTrials = {
  Read: fetchNothing,
  Write: produceNothing,
  Delete: deleteNoRecords,
  Alter: checkPartitions,
  DescribeConfigs: describeConfigs,
} as const satisfies Partial<Record<KafkaOperation, (topic: string) => ProtocolRequest<number>>>

/** An operation on a topic, besides its creation. */
export type TopicOperation = keyof typeof topicTrials

/** The first partition, without records. */
const partition = int32(0)
const timeoutMs = 10_000
const topicResource = Buffer.from([2])

/** "Fetch", version 12. */
function fetchNothing(topic: string): ProtocolRequest<number> {
  const epochs = [int32(-1), int64(0), int32(-1), int64(-1)]
  const maxBytes = int32(1)
  const partitions = listOf(Buffer.concat([partition, ...epochs, maxBytes, noTags]))
  const topics = listOf(Buffer.concat([sized(topic), partitions, noTags]))
  // The replica, the longest wait, the least and the most bytes, the isolation level, and no session.
  const head = [int32(-1), int32(0), int32(0), int32(1), flag(false), int32(0), int32(-1)]
  const noneForgotten = listOf()
  return {
    ...{ apiKey: 1, apiVersion: 12, apiName: 'Fetch' },
    body: Buffer.concat([...head, topics, noneForgotten, sized(''), noTags]),
    decode: (answer) => {
      const reader = new WireReader(answer)
      // The throttle time, the error and the session.
      reader.skip(4 + 2 + 4)
      return errorOfPartition(reader)
    },
  }
}

/** "Produce", version 9. A request without a batch is refused, also for a topic that exists. */
function produceNothing(topic: string): ProtocolRequest<number> {
  const noRecords = sized('')
  const partitions = listOf(Buffer.concat([partition, noRecords, noTags]))
  const topics = listOf(Buffer.concat([sized(topic), partitions, noTags]))
  const noTransaction = nothing
  return {
    ...{ apiKey: 0, apiVersion: 9, apiName: 'Produce' },
    body: Buffer.concat([noTransaction, int16(-1), int32(timeoutMs), topics, noTags]),
    decode: (answer) => errorOfPartition(new WireReader(answer)),
  }
}

/** "DeleteRecords", version 2: the records before offset 0. */
function deleteNoRecords(topic: string): ProtocolRequest<number> {
  const partitions = listOf(Buffer.concat([partition, int64(0), noTags]))
  const topics = listOf(Buffer.concat([sized(topic), partitions, noTags]))
  return {
    ...{ apiKey: 21, apiVersion: 2, apiName: 'DeleteRecords' },
    body: Buffer.concat([topics, int32(timeoutMs), noTags]),
    decode: (answer) => {
      const reader = afterThrottleTime(answer)
      reader.readSize()
      reader.skipText()
      reader.readSize()
      // The partition and its first offset.
      reader.skip(4 + 8)
      return reader.readInt16()
    },
  }
}

/** "CreatePartitions", version 2, only checked. */
function checkPartitions(topic: string): ProtocolRequest<number> {
  const anyBrokers = nothing
  const topics = listOf(Buffer.concat([sized(topic), int32(1), anyBrokers, noTags]))
  return {
    ...{ apiKey: 37, apiVersion: 2, apiName: 'CreatePartitions' },
    body: Buffer.concat([topics, int32(timeoutMs), flag(true), noTags]),
    decode: (answer) => {
      const reader = afterThrottleTime(answer)
      reader.readSize()
      reader.skipText()
      return reader.readInt16()
    },
  }
}

/** "DescribeConfigs", version 4. */
function describeConfigs(topic: string): ProtocolRequest<number> {
  const allSettings = nothing
  const resources = listOf(Buffer.concat([topicResource, sized(topic), allSettings, noTags]))
  return {
    ...{ apiKey: 32, apiVersion: 4, apiName: 'DescribeConfigs' },
    body: Buffer.concat([resources, flag(false), flag(false), noTags]),
    decode: (answer) => {
      const reader = afterThrottleTime(answer)
      reader.readSize()
      return reader.readInt16()
    },
  }
}

function afterThrottleTime(answer: Buffer): WireReader {
  const reader = new WireReader(answer)
  reader.skip(4)
  return reader
}

/** The list of topics, the first topic, its list of partitions, and the first of them. */
function errorOfPartition(reader: WireReader): number {
  reader.readSize()
  reader.skipText()
  reader.readSize()
  reader.skip(4)
  return reader.readInt16()
}
