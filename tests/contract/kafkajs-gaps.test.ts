import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import type { Batch } from 'kafkajs'
import { registerCodecs } from '../../services/adapters/kafka/codecs/codecs.ts'
import { toConsumedBatch } from '../../services/adapters/kafka/consumed-batch.ts'

/** The patch in `services/adapters/kafka/patches` changes kafkajs internals, so these tests use its internal modules. */
const require = createRequire(import.meta.url)
const inside = (path: string): unknown => require(`kafkajs/src/${path}`)

type Encoded = { readonly buffer: Buffer; readonly size: () => number }
const encodeRecords = inside('protocol/recordBatch/record/v0') as (
  messages: readonly object[],
  timestampDeltaOf: () => number,
) => Encoded
const { RecordBatch } = inside('protocol/recordBatch/v0') as {
  RecordBatch: (batch: object) => Promise<Encoded>
}
const Decoder = inside('protocol/decoder') as new (buffer: Buffer) => object
const decodeMessages = inside('protocol/requests/fetch/v4/decodeMessages') as (
  decoder: object,
) => Promise<object>
const KafkaBatch = inside('consumer/batch') as new (
  topic: string,
  fetchedOffset: string,
  answer: object,
  allowGaps: boolean,
) => Batch

registerCodecs()
const gzip = 1

type BatchSettings = { readonly count?: number; readonly value?: string; readonly codec?: number }

/** A batch of Kafka that covers the offsets from `first` to `last`. `count` of them have a record. */
async function aBatch(first: number, last: number, settings: BatchSettings = {}): Promise<Buffer> {
  const { count = last - first + 1, value = 'value', codec = 0 } = settings
  const messages = Array.from({ length: count }, () => ({ key: 'K', value, headers: {} }))
  const records = encodeRecords(messages, () => 0)
  const offsets = { firstOffset: String(first), lastOffsetDelta: last - first }
  const content = { firstTimestamp: 0, records, recordCount: count, compression: codec }
  return (await RecordBatch({ ...offsets, ...content })).buffer
}

/** What a consumer gets of an answer of Kafka. */
async function read(fetchedOffset: number, batches: readonly Buffer[], allowGaps = true) {
  const bytes = Buffer.concat(batches)
  const size = Buffer.alloc(4)
  size.writeInt32BE(bytes.length)
  const messages = await decodeMessages(new Decoder(Buffer.concat([size, bytes])))
  const answer = { partition: 0, highWatermark: '100', messages }
  const batch = new KafkaBatch('t', String(fetchedOffset), answer, allowGaps)
  const { records, endOffset, unreadable } = toConsumedBatch(batch)
  return { offsets: records.map(({ offset }) => offset), endOffset, reason: unreadable?.reason }
}

describe('patched kafkajs in a topic with gaps', () => {
  it('reads on behind offsets that are missing, before and between batches', async () => {
    const batches = [await aBatch(7, 8), await aBatch(9, 9), await aBatch(40, 41)]
    const all = { offsets: [7, 8, 9, 40, 41], endOffset: 42, reason: undefined }
    expect(await read(3, batches)).to.deep.equal(all)
    expect(await read(7, batches)).to.deep.equal(all)
  })

  it('passes on to where a batch ends, also if its last records or all are missing', async () => {
    const partial = await aBatch(7, 20, { count: 2 })
    const end = { endOffset: 21, reason: undefined }
    expect(await read(7, [partial])).to.deep.equal({ offsets: [7, 8], ...end })
    expect(await read(12, [partial])).to.deep.equal({ offsets: [], ...end })
    expect(await read(7, [await aBatch(7, 20, { count: 0 })])).to.deep.equal({
      offsets: [],
      ...end,
    })
  })

  it('reports a batch whose first offset the next batch or the end of the partition contradicts', async () => {
    const starts = 'the first batch that Kafka returns starts at offset'
    const next = await aBatch(9, 10)
    expect((await read(7, [await aBatch(71, 72), next])).reason).to.equal(`${starts} 71`)
    expect((await read(7, [await aBatch(135, 136)])).reason).to.equal(`${starts} 135`)
    const later = await read(7, [await aBatch(7, 8), await aBatch(137, 138)])
    expect(later).to.deep.equal({ offsets: [7, 8], endOffset: 9, reason: undefined })
  })

  it('reports each gap if the topic cannot have gaps', async () => {
    const first = await aBatch(7, 8)
    expect((await read(3, [first], false)).reason).to.include('starts at offset 7')
    const stopped = await read(7, [first, await aBatch(40, 41)], false)
    expect(stopped).to.deep.equal({ offsets: [7, 8], endOffset: 9, reason: undefined })
  })
})

describe('patched kafkajs with compressed batches', () => {
  it('reads them, and leaves the rest of an answer for later after 4 MB', async () => {
    const value = 'x'.repeat(3_000_000)
    const settings = { value, codec: gzip }
    const batches = await Promise.all([0, 1, 2].map((at) => aBatch(at, at, settings)))
    expect(await read(0, batches, false)).to.deep.equal({
      ...{ offsets: [0, 1], endOffset: 2, reason: undefined },
    })
  })

  it('reports a batch that becomes too large or has too many records', async () => {
    const large = await aBatch(0, 0, { value: 'x'.repeat(34_000_000), codec: gzip })
    expect(large.length).to.be.lessThan(100_000)
    expect((await read(0, [large])).reason).to.equal(
      'it cannot be decompressed (gzip): it becomes larger than 33554432 bytes',
    )
    const many = await aBatch(0, 200_000, { value: '', codec: gzip })
    expect((await read(0, [many])).reason).to.equal(
      'it is compressed and has 200001 records; up to 200000 can be read',
    )
  })

  it('reports a batch whose content is damaged although its checksum is right', async () => {
    const compressed = gzipSync(Buffer.from('no records'))
    const names = { gzip, Snappy: 2, LZ4: 3, Zstandard: 4 }
    for (const [name, codec] of Object.entries(names)) {
      const batch = await aBatch(0, 0)
      const head = batch.subarray(0, 61)
      const damaged = Buffer.concat([head, codec === gzip ? compressed.subarray(4) : compressed])
      damaged.writeInt32BE(damaged.length - 12, 8)
      damaged.writeInt16BE(codec, 21)
      const checksumOf = inside('protocol/recordBatch/crc32C') as (bytes: Buffer) => number
      damaged.writeUInt32BE(checksumOf(damaged.subarray(21)), 17)
      const { reason, offsets } = await read(0, [damaged, await aBatch(1, 1)])
      expect(reason, name).to.include(`it cannot be decompressed (${name})`)
      expect(offsets).to.deep.equal([])
    }
  })
})
