import { readerAtTopics } from './metadata-answer.ts'
import type { ProtocolRequest } from './protocol-requests.ts'
import { noTags, sized, sizeOf } from './wire-format.ts'

/** The id of a topic that the broker does not know. */
export const noTopicId = '00000000-0000-0000-0000-000000000000'
const noError = 0

/**
 * Asks for the id that Kafka gives a topic when it is created. kafkajs supports only versions of the
 * metadata request without ids. The format is in the Kafka protocol guide: "Metadata Request" and
 * "Metadata Response", version 12.
 */
export function topicIdRequest(topic: string): ProtocolRequest<string | undefined> {
  const [noId, no] = [Buffer.alloc(16), Buffer.from([0])]
  const topics = [sizeOf(1), noId, sized(topic), noTags]
  // Two flags: may topics be created, and are the allowed operations requested.
  const options = [no, no, noTags]
  return {
    apiKey: 3,
    // The first version that asks for topics by name and returns their ids, also in later Kafka releases.
    apiVersion: 12,
    apiName: 'Metadata',
    body: Buffer.concat([...topics, ...options]),
    decode: decodeTopicId,
  }
}

/**
 * The id of the only topic of an answer.
 *
 * @returns `noTopicId` if the broker does not know the topic; undefined if it does not give ids to topics
 */
export function decodeTopicId(answer: Buffer): string | undefined {
  const reader = readerAtTopics(answer)
  if (reader.readSize() < 1) return noTopicId
  const error = reader.readInt16()
  reader.skipText()
  const id = reader.readId()
  if (error !== noError) return noTopicId
  // The broker knows the topic, but does not give ids to topics.
  return id === noTopicId ? undefined : id
}
