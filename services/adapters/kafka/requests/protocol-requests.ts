import type { Kafka, KafkaMessage } from 'kafkajs'
import { noTags, WireReader } from './wire-format.ts'

/** Sends requests that kafkajs does not implement. Only this file uses internals of kafkajs. */

/** A request in a version with tagged fields ("flexible version" in the Kafka protocol guide). */
export type ProtocolRequest<Answer> = {
  readonly apiKey: number
  readonly apiVersion: number
  readonly apiName: string
  /** Without the header. */
  readonly body: Buffer
  /** @param answer without the header */
  readonly decode: (answer: Buffer) => Answer
}

type Decoded = { readonly answer: unknown; readonly clientSideThrottleTime: number }
type Response = {
  readonly decode: (answer: Buffer) => Promise<Decoded>
  readonly parse: (decoded: Decoded) => Promise<Decoded>
}
type Request = { readonly request: object; readonly response: Response }

type Broker = {
  readonly versions: Readonly<Record<number, { readonly maxVersion: number }>> | null
  readonly connectionPool: { readonly send: (request: Request) => Promise<Decoded> }
  readonly fetch: (request: object) => Promise<FetchAnswer>
}

/** An answer to a fetch, as the patched kafkajs decodes it. */
type FetchAnswer = {
  readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[]
}

export type FetchedPartition = {
  readonly highWatermark: string
  readonly messages: readonly KafkaMessage[] & { readonly readable: ReadableBatches }
}

/** Which batches of an answer could be read. The offsets are undefined if there was none. */
type ReadableBatches = {
  readonly size: number
  readonly to?: number
  /** Why the first batch cannot be read. */
  readonly reason?: string
  /** Records after a gap in the offsets, as in a compacted topic, up to the offset `to` (exclusive). */
  readonly behindGap?: { readonly records: readonly KafkaMessage[]; readonly to: number }
}

export type PartitionPosition = {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export type FetchSize = { readonly maxWaitMs: number; readonly maxBytes: number }

type Cluster = {
  readonly addTargetTopic: (topic: string) => Promise<void>
  readonly findLeaderForPartitions: (
    topic: string,
    partitions: readonly number[],
  ) => Readonly<Record<string, readonly number[]>>
  readonly findBroker: (broker: { readonly nodeId: number }) => Promise<Broker>
  readonly findControllerBroker: () => Promise<Broker>
  readonly brokerPool: { readonly findConnectedBroker: () => Promise<Broker> }
}
type CreateCluster = (options: unknown) => Cluster

const readUncommitted = 0

/** Which broker gets a request: one by its id, any that is connected, or the controller. */
export type Receiver = number | 'any' | 'controller'

/** Sends requests to the brokers that a client of kafkajs is connected to. */
export class ProtocolRequests {
  #cluster: Cluster | undefined

  /** @param kafka has not created a client yet. It must create exactly one. */
  constructor(kafka: Kafka) {
    const internals = kafka as unknown as Record<symbol, CreateCluster>
    const isCreate = ({ description }: symbol): boolean =>
      description === 'private:Kafka:createCluster'
    const name = Object.getOwnPropertySymbols(kafka).find(isCreate)
    const create = name && internals[name]
    if (name === undefined || create === undefined)
      throw new Error('This version of kafkajs creates clusters in another way.')
    internals[name] = (options) => (this.#cluster = create(options))
  }

  /** @returns undefined if the broker does not know this version of the request */
  async send<Answer>(request: ProtocolRequest<Answer>, to: Receiver): Promise<Answer | undefined> {
    const broker = await this.#find(to)
    const { maxVersion = -1 } = broker.versions?.[request.apiKey] ?? {}
    if (maxVersion < request.apiVersion) return undefined
    const { answer } = await broker.connectionPool.send(toRequest(request))
    return answer as Answer
  }

  /** Fetches records of one partition from its leader, without a consumer group. */
  async fetch(
    { topic, partition, offset }: PartitionPosition,
    { maxWaitMs, maxBytes }: FetchSize,
  ): Promise<FetchedPartition> {
    const cluster = this.#connected()
    await cluster.addTargetTopic(topic)
    const [leader] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
    if (leader === undefined) throw new Error(`The topic ${topic} has no partition ${partition}.`)
    const broker = await cluster.findBroker({ nodeId: Number(leader) })
    const partitions = [{ partition, fetchOffset: String(offset), maxBytes }]
    const { responses } = await broker.fetch({
      ...{ maxWaitTime: maxWaitMs, minBytes: 1, maxBytes, topics: [{ topic, partitions }] },
      // An open transaction of another program would hide all later records.
      isolationLevel: readUncommitted,
    })
    const fetched = responses[0]?.partitions[0]
    if (fetched === undefined) throw new Error(`Kafka did not answer for the topic ${topic}.`)
    return fetched
  }

  #connected(): Cluster {
    if (this.#cluster === undefined) throw new Error('The client has no cluster.')
    return this.#cluster
  }

  #find(to: Receiver): Promise<Broker> {
    const cluster = this.#connected()
    if (to === 'controller') return cluster.findControllerBroker()
    if (to === 'any') return cluster.brokerPool.findConnectedBroker()
    return cluster.findBroker({ nodeId: to })
  }
}

function toRequest({ body, decode, ...api }: ProtocolRequest<unknown>): Request {
  // The header of these versions ends with tagged fields, which kafkajs does not write.
  const bytes = Buffer.concat([noTags, body])
  return {
    request: { ...api, encode: () => Promise.resolve(toEncoder(bytes)) },
    response: {
      decode: (answer) =>
        Promise.resolve({ answer: decode(withoutTags(answer)), clientSideThrottleTime: 0 }),
      parse: (decoded) => Promise.resolve(decoded),
    },
  }
}

/** kafkajs has read the header of the answer, but not the tagged fields at its end. */
function withoutTags(answer: Buffer): Buffer {
  const reader = new WireReader(answer)
  reader.skipTags()
  return reader.rest
}

/** The fields that kafkajs reads of an encoder. */
function toEncoder(bytes: Buffer): object {
  const { length } = bytes
  return {
    buf: bytes,
    offset: length,
    parts: [],
    buffers: [bytes],
    buffer: bytes,
    size: () => length,
  }
}
