import { setImmediate as yieldToLoop } from 'node:timers/promises'
import type { EachBatchPayload, KafkaMessage } from 'kafkajs'
import type { BareOrder } from './bare-consumer.ts'
import { BareConsumer, recordsPerTurn } from './bare-consumer.ts'
import { readOrder } from './read-order.ts'

// The limit line of `declared-append` and `declared-upsert`: kafkajs, `JSON.parse` and a binary
// `COPY`, without ledger, dead letters and checks of values. The next records are encoded while a
// transaction runs.

export type BareTableOrder = BareOrder & {
  /** The quoted name of the table. */
  readonly relation: string
  /** Records of a transaction; null stores each batch of the client as it comes. */
  readonly batchRecords: number | null
  /** Whether keys may exist: then rows are copied to a temporary table and inserted from there. */
  readonly isUpsert: boolean
}

type Advert = {
  readonly id: string
  readonly created_at: string
  readonly price: number
  readonly mileage: number
  readonly sold: boolean
  readonly title: string
}

const order = readOrder() as BareTableOrder
const { relation, records, isUpsert } = order
const columns = ['id', 'created_at', 'price', 'mileage', 'sold', 'title']
const assignments = columns.slice(1).map((name) => `${name} = excluded.${name}`)
const target = isUpsert ? 'incoming' : relation
const copyStatement = `COPY ${target} (${columns.join(', ')}) FROM STDIN (FORMAT binary)`
const createStatement = `CREATE TEMPORARY TABLE incoming ON COMMIT DELETE ROWS AS
  SELECT ${columns.join(', ')} FROM ${relation} WHERE false`
const insertStatement = `INSERT INTO ${relation} (${columns.join(', ')}) SELECT * FROM incoming
  ON CONFLICT (id) DO UPDATE SET ${assignments.join(', ')}`

const header = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const trailer = Buffer.from([0xff, 0xff])
/** Bytes of a row without its texts: lengths of six fields, a time, a numeric value, an integer. */
const fixedBytes = 2 + 6 * 4 + 8 + 14 + 4 + 1
const postgresEpochMs = 946_684_800_000

const consumer = new BareConsumer(order)
let waiting: Advert[] = []
let storing: Promise<void> = Promise.resolve()

async function eachBatch(payload: EachBatchPayload): Promise<void> {
  const { batch } = payload
  for (let at = 0; at < batch.messages.length; at += recordsPerTurn) {
    waiting.push(...batch.messages.slice(at, at + recordsPerTurn).map(parse))
    await yieldToLoop()
  }
  const size = order.batchRecords ?? waiting.length
  const isLast = (): boolean => consumer.stored + waiting.length >= records
  while (waiting.length >= size || (isLast() && waiting.length > 0)) await store(size)
  await payload.heartbeat()
}

const parse = ({ value }: KafkaMessage): Advert => JSON.parse(value?.toString() ?? '') as Advert

/** Encodes the next rows while the last transaction runs, then begins theirs. */
async function store(size: number): Promise<void> {
  const adverts = waiting.slice(0, size)
  waiting = waiting.slice(size)
  // Of equal keys in a transaction the last one counts.
  const rows = isUpsert
    ? [...new Map(adverts.map((advert) => [advert.id, advert])).values()]
    : adverts
  const chunks: Buffer[] = [header]
  for (let at = 0; at < rows.length; at += recordsPerTurn) {
    chunks.push(encode(rows.slice(at, at + recordsPerTurn)))
    await yieldToLoop()
  }
  await storing
  storing = write([...chunks, trailer], adverts.length)
  if (consumer.stored + adverts.length >= records) await storing
}

async function write(chunks: readonly Buffer[], count: number): Promise<void> {
  const { client } = consumer
  if (isUpsert) await client.query('BEGIN')
  await consumer.copy(copyStatement, chunks)
  if (isUpsert) {
    await client.query({ name: 'insert', text: insertStatement })
    await client.query('COMMIT')
  }
  consumer.count(count)
}

/** The rows in the binary format of `COPY`. */
function encode(adverts: readonly Advert[]): Buffer {
  const texts = adverts.reduce((sum, { id, title }) => sum + id.length + title.length, 0)
  const buffer = Buffer.allocUnsafe(adverts.length * fixedBytes + texts * 3)
  let at = 0
  for (const advert of adverts) at = encodeRow(buffer, at, advert)
  return buffer.subarray(0, at)
}

function encodeRow(buffer: Buffer, begin: number, advert: Advert): number {
  let at = buffer.writeInt16BE(columns.length, begin)
  at = encodeText(buffer, at, advert.id)
  at = buffer.writeInt32BE(8, at)
  // A double holds these times exactly.
  const micros = (Date.parse(advert.created_at) - postgresEpochMs) * 1000
  at = buffer.writeInt32BE(Math.floor(micros / 2 ** 32), at)
  at = buffer.writeUInt32BE(micros - Math.floor(micros / 2 ** 32) * 2 ** 32, at)
  at = encodePrice(buffer, at, advert.price)
  at = buffer.writeInt32BE(4, at)
  at = buffer.writeInt32BE(advert.mileage, at)
  at = buffer.writeInt32BE(1, at)
  at = buffer.writeUInt8(advert.sold ? 1 : 0, at)
  return encodeText(buffer, at, advert.title)
}

function encodeText(buffer: Buffer, begin: number, text: string): number {
  const bytes = buffer.write(text, begin + 4)
  buffer.writeInt32BE(bytes, begin)
  return begin + 4 + bytes
}

/** A numeric value with three digits after the point, as three groups of four digits. */
function encodePrice(buffer: Buffer, begin: number, price: number): number {
  const thousandths = Math.round(price * 1000)
  const groups = [
    Math.floor(thousandths / 1e7),
    Math.floor(thousandths / 1000) % 10_000,
    (thousandths % 1000) * 10,
  ]
  let at = buffer.writeInt32BE(14, begin)
  // Number of groups, weight of the first one, sign, digits after the point.
  for (const part of [3, 1, 0, 3, ...groups]) at = buffer.writeInt16BE(part, at)
  return at
}

await consumer.run(eachBatch, isUpsert ? createStatement : undefined)
