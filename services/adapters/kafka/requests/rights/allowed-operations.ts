import type { ProtocolRequest } from '../protocol-requests.ts'
import { readerAtTopics } from '../metadata-answer.ts'
import type { WireReader } from '../wire-format.ts'
import { flag, listOf, noTags, sized } from '../wire-format.ts'

/** The operations of Kafka's access control, with their numbers in the protocol (AclOperation.java). */
const operationCodes = {
  Read: 3,
  Write: 4,
  Create: 5,
  Delete: 6,
  Alter: 7,
  Describe: 8,
  DescribeConfigs: 10,
} as const

export type KafkaOperation = keyof typeof operationCodes

/** What a broker says about a topic and a user. */
type TopicAnswer =
  | { readonly kind: 'hidden' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'present'; readonly allowed: ReadonlySet<KafkaOperation> }

const [topicUnknown, topicRefused] = [3, 29]

/**
 * Asks which operations the user of the connection may do on a topic. They are in the answer only if the topic exists
 * and the user may see it. The format is in the Kafka protocol guide: "Metadata", version 9.
 */
export function operationsRequest(topic: string): ProtocolRequest<TopicAnswer> {
  const topics = listOf(Buffer.concat([sized(topic), noTags]))
  const mayCreate = flag(false)
  const [ofCluster, ofTopics] = [flag(false), flag(true)]
  return {
    apiKey: 3,
    apiVersion: 9,
    apiName: 'Metadata',
    body: Buffer.concat([topics, mayCreate, ofCluster, ofTopics, noTags]),
    decode: (answer) => {
      const reader = readerAtTopics(answer)
      return reader.readSize() < 1 ? absent : readTopic(reader)
    },
  }
}

const absent = { kind: 'absent' } as const

function readTopic(reader: WireReader): TopicAnswer {
  const error = reader.readInt16()
  // The name, and whether it is internal.
  reader.skipText()
  reader.skip(1)
  skipPartitions(reader)
  const allowed = toOperations(reader.readInt32())
  if (error === topicRefused) return { kind: 'hidden' }
  return error === topicUnknown ? absent : { kind: 'present', allowed }
}

function skipPartitions(reader: WireReader): void {
  const partitions = reader.readSize()
  for (let partition = 0; partition < partitions; partition += 1) {
    // The error, the partition, its leader and the epoch of the leader.
    reader.skip(2 + 4 + 4 + 4)
    // The replicas, those in sync, and those offline.
    for (let list = 0; list < 3; list += 1) reader.skip(4 * Math.max(0, reader.readSize()))
    reader.skipTags()
  }
}

/** Each bit is an operation. Without an answer only the highest bit is set. */
function toOperations(bits: number): ReadonlySet<KafkaOperation> {
  const all = Object.entries(operationCodes) as [KafkaOperation, number][]
  return new Set(all.filter(([, code]) => (bits & (1 << code)) !== 0).map(([name]) => name))
}
