import type { Kafka } from 'kafkajs'

/**
 * Reads the id that Kafka gives a topic when it is created. kafkajs supports only versions of the
 * metadata request without ids, so this file implements a later version. Only this file uses internals
 * of kafkajs.
 */

const metadataKey = 3
/** The first version that asks for topics by name and returns their ids, also in later Kafka releases. */
const metadataVersion = 12
/** The id of a topic that the broker does not know. */
export const noTopicId = '00000000-0000-0000-0000-000000000000'
const noError = 0

type Response = { readonly decode: (answer: Buffer) => Promise<object>; readonly parse: unknown }
type Request = { readonly request: object; readonly response: Response }
type Broker = {
  readonly versions: Readonly<Record<number, { readonly maxVersion: number }>> | null
  readonly connectionPool: {
    readonly send: (request: Request) => Promise<{ topicId: string | undefined }>
  }
}
type Cluster = {
  readonly findBroker: (broker: { readonly nodeId: number }) => Promise<Broker>
  readonly brokerPool: { readonly findConnectedBroker: () => Promise<Broker> }
}
type CreateCluster = (options: unknown) => Cluster

/** Asks the brokers that a client of kafkajs is connected to. */
export class TopicIds {
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

  /**
   * The id of a topic, as a broker knows it now.
   *
   * @param nodeId the broker; by default any that is connected
   * @returns `noTopicId` if the broker does not know the topic; undefined if it does not tell ids
   */
  async read(topic: string, nodeId?: number): Promise<string | undefined> {
    const cluster = this.#cluster
    if (cluster === undefined) throw new Error('The client has no cluster.')
    const broker = await (nodeId === undefined
      ? cluster.brokerPool.findConnectedBroker()
      : cluster.findBroker({ nodeId }))
    const { maxVersion = 0 } = broker.versions?.[metadataKey] ?? {}
    if (maxVersion < metadataVersion) return undefined
    const { topicId } = await broker.connectionPool.send(toRequest(topic))
    return topicId
  }
}

function toRequest(topic: string): Request {
  const api = { apiKey: metadataKey, apiVersion: metadataVersion, apiName: 'Metadata' }
  const encode = () => Promise.resolve(toEncoder(encodeRequest(topic)))
  const decode = (answer: Buffer) => {
    return Promise.resolve({ topicId: decodeTopicId(answer), clientSideThrottleTime: 0 })
  }
  const parse = (answer: object) => Promise.resolve(answer)
  return { request: { ...api, encode }, response: { decode, parse } }
}

/** What kafkajs reads of its encoders. */
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

// The format is in the Kafka protocol guide: "Metadata Request" and "Metadata Response", version 12.

const noTags = Buffer.from([0])
/** The number of elements of a list, or of bytes of a text, plus one. */
const sizeOf = (count: number): Buffer => Buffer.from(varintBytes(count + 1))

function varintBytes(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varintBytes(value >>> 7)]
}

function encodeRequest(topic: string): Buffer {
  const name = Buffer.from(topic)
  const [noId, no] = [Buffer.alloc(16), Buffer.from([0])]
  const topics = [sizeOf(1), noId, sizeOf(name.length), name, noTags]
  // Whether topics may be created, and whether the allowed operations are asked for.
  const options = [no, no, noTags]
  // The header of this version ends with tags, which kafkajs does not write.
  return Buffer.concat([noTags, ...topics, ...options])
}

/**
 * The id of the only topic of an answer.
 *
 * @returns `noTopicId` if the broker does not know the topic; undefined if it gives topics no ids
 */
export function decodeTopicId(answer: Buffer): string | undefined {
  const reader = new Reader(answer)
  reader.skipTags()
  // The throttle time.
  reader.skip(4)
  const brokers = reader.readSize()
  for (let broker = 0; broker < brokers; broker += 1) {
    reader.skip(4)
    reader.skipText()
    reader.skip(4)
    reader.skipText()
    reader.skipTags()
  }
  // The id of the cluster and the controller.
  reader.skipText()
  reader.skip(4)
  if (reader.readSize() < 1) return noTopicId
  const error = reader.readInt16()
  reader.skipText()
  const id = reader.readId()
  if (error !== noError) return noTopicId
  // A broker that knows the topic, but gives topics no ids.
  return id === noTopicId ? undefined : id
}

class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  skip(bytes: number): void {
    this.#at += bytes
  }

  readInt16(): number {
    this.#at += 2
    return this.#bytes.readInt16BE(this.#at - 2)
  }

  readId(): string {
    const hex = this.#bytes.toString('hex', this.#at, this.#at + 16)
    this.#at += 16
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  }

  /** The number of elements of a list or of bytes of a text; -1 for null. */
  readSize(): number {
    return this.#readVarint() - 1
  }

  skipText(): void {
    this.skip(Math.max(0, this.readSize()))
  }

  skipTags(): void {
    const tags = this.#readVarint()
    for (let tag = 0; tag < tags; tag += 1) {
      this.#readVarint()
      this.skip(this.#readVarint())
    }
  }

  #readVarint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes.readUInt8(this.#at)
      this.#at += 1
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
}
