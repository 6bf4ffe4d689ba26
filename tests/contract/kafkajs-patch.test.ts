import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect } from 'chai'
import fc from 'fast-check'

/** The patch in `services/adapters/kafka/patches` changes kafkajs internals, so these tests use its internal modules. */
const require = createRequire(import.meta.url)
const inside = (path: string): unknown => require(`kafkajs/src/${path}`)

type Header = Record<string, string | Buffer | readonly (string | Buffer)[]>
type Message = { readonly key: string; readonly value: string; readonly headers: Header }
type Encoded = { readonly buffer: Buffer }
type Decoded = {
  readonly numericOffset: number
  readonly numericTimestamp: number
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer
  readonly value: Buffer
  readonly headers: Record<string, Buffer | Buffer[]>
}

const encodeRecords = inside('protocol/recordBatch/record/v0') as (
  messages: readonly object[],
  timestampDeltaOf: (message: { readonly timestamp: number }) => number,
) => Encoded
const checksumOf = inside('protocol/recordBatch/crc32C') as (...buffers: Buffer[]) => number
const { RecordBatch } = inside('protocol/recordBatch/v0') as {
  RecordBatch: (batch: object) => Promise<Encoded>
}
const Decoder = inside('protocol/decoder') as new (buffer: Buffer) => object
const decodeBatch = inside('protocol/recordBatch/v0/decoder') as (
  decoder: object,
) => Promise<{ readonly records: readonly Decoded[] }>
type Readable = { from?: number; to?: number; reason?: string; nextAt?: number }
const decodeMessages = inside('protocol/requests/fetch/v4/decodeMessages') as (
  decoder: object,
) => Promise<readonly Decoded[] & { readonly readable: Readable }>
const groupMessages = inside('producer/groupMessagesPerPartition') as (
  options: object,
) => Record<string, readonly Message[]>
const RequestQueue = inside('network/requestQueue') as new (options: object) => {
  checkPendingRequests: () => void
  listenerCount: (event: string) => number
  rejectAll: (error: Error) => void
  waitForPendingRequests: () => Promise<void>
  readonly pending: object[]
  throttleCheckTimeoutId: unknown
}

type FetchManager = { readonly start: () => Promise<void>; readonly stop: () => Promise<void> }
const createFetchManager = inside('consumer/fetchManager') as (options: object) => FetchManager

const firstTimestamp = 1_700_000_000_000

async function encodeAndDecode(
  messages: readonly Message[],
  { firstOffset = '0', delta = 0 } = {},
): Promise<readonly Decoded[]> {
  const timed = messages.map((each, index) => ({ ...each, timestamp: index * delta }))
  const records = encodeRecords(timed, ({ timestamp }) => timestamp)
  const recordCount = messages.length
  const { buffer } = await RecordBatch({ firstOffset, firstTimestamp, records, recordCount })
  return (await decodeBatch(new Decoder(buffer))).records
}

const header = fc.oneof(fc.string(), fc.array(fc.string(), { minLength: 2, maxLength: 3 }))
const headerNames = fc.oneof(
  fc.string({ minLength: 1 }),
  fc.constantFrom('__proto__', 'toString', 'constructor', '1'),
)
/** Lengths around the limit above which the encoder keeps a buffer without copying it at once. */
const longValue = fc.integer({ min: 8_000, max: 20_000 }).map((length) => 'é'.repeat(length / 2))
const message = fc.record({
  key: fc.string(),
  value: fc.oneof(fc.string({ maxLength: 2_000 }), longValue),
  headers: fc
    .array(fc.tuple(headerNames, header), { maxLength: 4 })
    .map((entries) => Object.fromEntries(entries) as Header),
})

const toText = (value: Buffer | Buffer[] | undefined) =>
  Array.isArray(value) ? value.map(String) : String(value)

describe('patched kafkajs', () => {
  it('has the version that the patch was made for', () => {
    const { version } = require('kafkajs/package.json') as { version: string }
    const patches = readdirSync(new URL('../../services/adapters/kafka/patches', import.meta.url))
    expect(patches).to.deep.equal([`kafkajs+${version}.patch`])
    const { dependencies } = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    ) as { dependencies: Record<string, string> }
    expect(dependencies['kafkajs']).to.equal(version)
  })

  it('decodes the records that it encoded', async () => {
    const deltas = fc.constantFrom(0, 1, 63, 64, 8_191, 8_192, 2 ** 30, 2 ** 40)
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 5 }), deltas, async (messages, delta) => {
        const read = await encodeAndDecode(messages, { firstOffset: '41', delta })
        expect(read.length).to.equal(messages.length)
        for (const [index, record] of read.entries()) {
          const { key, value, headers, offset, timestamp } = record
          const { numericOffset, numericTimestamp } = record
          const sent = messages[index]
          expect([numericOffset, numericTimestamp]).to.deep.equal([offset, timestamp].map(Number))
          expect(String(key)).to.equal(sent?.key)
          expect(String(value)).to.equal(sent?.value)
          expect(offset).to.equal(String(41 + index))
          expect(timestamp).to.equal(String(firstTimestamp + index * delta))
          const names = Object.keys(sent?.headers ?? {})
          expect(Object.keys(headers)).to.have.members(names)
          for (const name of names) expect(toText(headers[name])).to.deep.equal(sent?.headers[name])
        }
      }),
    )
  })

  it('writes shared headers with every message', async () => {
    const headers = { a: '1', b: ['2', '3'], long: 'x'.repeat(10_000) }
    const messages = ['A', 'B', 'C'].map((key) => ({ key, value: 'v', headers }))
    const other: Message = { key: 'D', value: 'v', headers: { a: '4' } }
    const read = await encodeAndDecode([...messages, other, ...messages])
    const names = read.map((record) =>
      Object.entries(record.headers).map(([name, value]) => [name, toText(value)]),
    )
    const shared = Object.entries(headers)
    expect(names).to.deep.equal([shared, shared, shared, [['a', '4']], shared, shared, shared])
  })

  it('computes CRC-32C regardless of how the bytes are split', () => {
    // RFC 3720, B.4
    expect(checksumOf(Buffer.alloc(32)).toString(16)).to.equal('8a9136aa')
    expect(checksumOf(Buffer.alloc(32, 0xff)).toString(16)).to.equal('62a8ab43')
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.nat(40),
        fc.nat(40),
        (bytes, left, right) => {
          const whole = Buffer.from(bytes)
          const [first, second] = [Math.min(left, right), Math.max(left, right)]
          const parts = [
            whole.subarray(0, first),
            whole.subarray(first, second),
            whole.subarray(second),
          ]
          expect(checksumOf(...parts)).to.equal(checksumOf(whole))
        },
      ),
    )
  })

  it('keeps offsets that exceed the precision of a double', async () => {
    const message: Message = { key: 'K', value: 'v', headers: {} }
    const read = await encodeAndDecode([message, message], { firstOffset: '9223372036854775800' })
    expect(read.map(({ offset }) => offset)).to.deep.equal([
      '9223372036854775800',
      '9223372036854775801',
    ])
  })

  it('groups messages by partition and keeps their order', () => {
    const messages = [2, 0, 2, 1, 0, 2].map((partition, index) => ({ partition, index }))
    const partitioner = ({ message: { partition } }: { message: { partition: number } }) =>
      partition
    const partitionMetadata = [{}, {}, {}]
    const grouped = groupMessages({ topic: 't', partitionMetadata, messages, partitioner })
    const indexes = Object.entries(grouped).map(([partition, group]) => [
      partition,
      group.map((each) => (each as unknown as { index: number }).index),
    ])
    expect(indexes).to.deep.equal([
      ['0', [1, 4]],
      ['1', [3]],
      ['2', [0, 2, 5]],
    ])
  })

  it('has no timer when no request is pending', () => {
    const queue = new RequestQueue({ maxInFlightRequests: null, requestTimeout: 1_000 })
    queue.checkPendingRequests()
    expect(queue.throttleCheckTimeoutId).to.equal(null)
  })

  it('adds only one listener, however often a connection with open requests is closed', async () => {
    const logger = { debug: () => undefined }
    const queue = new RequestQueue({ maxInFlightRequests: 0, requestTimeout: 1_000, logger })
    queue.pending.push({ rejected: () => undefined })
    const waits = Array.from({ length: 20 }, () => queue.waitForPendingRequests())
    expect(queue.listenerCount('requestQueueEmpty')).to.equal(1)
    queue.rejectAll(new Error('The connection is closed.'))
    await Promise.all(waits)
    expect(queue.listenerCount('requestQueueEmpty')).to.equal(0)
    queue.pending.push({ rejected: () => undefined })
    const again = queue.waitForPendingRequests()
    expect(queue.listenerCount('requestQueueEmpty')).to.equal(1)
    queue.rejectAll(new Error('The connection is closed.'))
    await again
  })

  it('disconnects when requested while it switches brokers', async () => {
    const quiet = { debug: () => undefined, info: () => undefined }
    let nodeIds = [1, 2]
    let fetches = 0
    let answerSecond: (batches: []) => void = () => undefined
    const fetch = async (nodeId: number): Promise<[]> => {
      fetches += 1
      // Without the patch this would retry forever and block the event loop.
      if (fetches > 100) throw new Error('it fetches after the stop')
      if (nodeId === 2) return new Promise((resolve) => (answerSecond = resolve))
      await new Promise(setImmediate)
      return []
    }
    const manager = createFetchManager({
      logger: { namespace: () => ({ ...quiet, namespace: () => quiet }) },
      getNodeIds: () => nodeIds,
      fetch,
      handler: () => undefined,
    })
    const running = manager.start()
    nodeIds = [1]
    // It now waits for the response of the second broker.
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate)
    const before = fetches
    const stopped = manager.stop()
    answerSecond([])
    await Promise.all([running, stopped])
    expect(fetches).to.equal(before)
  })

  describe('reads a fetched list of batches', () => {
    const aBatch = async (firstOffset: number, count: number): Promise<Buffer> => {
      const records = encodeRecords(
        Array.from({ length: count }, () => ({ key: 'K', value: 'value', headers: {} })),
        () => 0,
      )
      const lastOffsetDelta = count - 1
      const settings = { firstTimestamp, records, recordCount: count, lastOffsetDelta }
      return (await RecordBatch({ firstOffset: String(firstOffset), ...settings })).buffer
    }
    const read = async (...batches: readonly Buffer[]) => {
      const bytes = Buffer.concat(batches)
      const size = Buffer.alloc(4)
      size.writeInt32BE(bytes.length)
      const records = await decodeMessages(new Decoder(Buffer.concat([size, bytes])))
      const { from, to, reason, nextAt } = records.readable
      return { offsets: records.map(({ offset }) => Number(offset)), from, to, reason, nextAt }
    }
    const flipped = (bytes: Buffer, bit: number): Buffer => {
      const copy = Buffer.from(bytes)
      const at = Math.floor(bit / 8)
      copy[at] = (copy[at] ?? 0) ^ (1 << (bit % 8))
      return copy
    }

    it('to the end, also if the last batch is incomplete', async () => {
      const [first, second, third] = [await aBatch(7, 2), await aBatch(9, 3), await aBatch(12, 1)]
      const all = { offsets: [7, 8, 9, 10, 11], from: 7, to: 12 }
      const none = { reason: undefined, nextAt: undefined }
      expect(await read(first, second)).to.deep.equal({ ...all, ...none })
      expect(await read(first, second, third.subarray(0, -1))).to.deep.equal({ ...all, ...none })
    })

    it('and passes no record on of a batch in which any bit was flipped', async () => {
      const [first, second] = [await aBatch(7, 2), await aBatch(9, 3)]
      // The leader epoch, bytes 12 to 15, is not part of the checksum and is not used.
      for (let bit = 0; bit < first.length * 8; bit += 1) {
        if (bit >= 12 * 8 && bit < 16 * 8) continue
        const { offsets, from, reason, nextAt } = await read(flipped(first, bit), second)
        const isUnreadable = reason !== undefined && offsets.length === 0 && nextAt === 9
        const isMisplaced = bit < 64 && from !== 7 && nextAt === 9
        expect(isUnreadable || isMisplaced, `bit ${bit}`).to.equal(true)
      }
    })

    it('up to a batch that is damaged or does not start where the one before ends', async () => {
      const [first, second] = [await aBatch(7, 2), await aBatch(9, 3)]
      const readable = { offsets: [7, 8], from: 7, to: 9, reason: undefined }
      const damaged = await read(first, flipped(second, 500))
      expect(damaged).to.deep.equal({ ...readable, nextAt: undefined })
      for (const offset of [8, 10]) {
        const displaced = await read(first, await aBatch(offset, 3))
        expect(displaced).to.deep.equal({ ...readable, nextAt: offset })
      }
    })
  })
})
