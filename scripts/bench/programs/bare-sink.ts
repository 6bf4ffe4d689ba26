import { setImmediate as yieldToLoop } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import type { EachBatchPayload } from 'kafkajs'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'

// The limit line of `sink`: kafkajs and `COPY` without any guarantee. No validation, no ledger, no
// dead
// letters, no check for existing rows. The next batch is parsed while this one is copied.

export type BareSinkOrder = {
  readonly brokers: readonly string[]
  readonly topic: string
  readonly groupId: string
  readonly records: number
  readonly table: string
  readonly postgres: pg.ClientConfig
}

/** The printed result: rows stored after the first batch, with their time and cost. */
export type BareSinkResult = {
  readonly rows: number
  readonly seconds: number
  /** CPU seconds of this program in that time. */
  readonly cpuSeconds: number
  readonly peakMegabytes: number
}

type Body = Readonly<Record<string, string | number | undefined>>

const order = JSON.parse(process.argv[2] ?? '') as BareSinkOrder
const columns =
  'vin, recorded_at, sequence, latitude, longitude, altitude, speed, heading, make, model, received_at'
const recordsPerTurn = 512

const client = new pg.Client(order.postgres)
const kafka = new Kafka({ brokers: [...order.brokers], logLevel: logLevel.NOTHING })
const kafkaConsumer = kafka.consumer({ groupId: order.groupId, readUncommitted: true })
let copying = Promise.resolve()
let stored = 0
type Begin = { readonly at: number; readonly rows: number; readonly cpu: NodeJS.CpuUsage }
let first: Begin | undefined

async function eachBatch(payload: EachBatchPayload): Promise<void> {
  const { batch } = payload
  const chunks: string[] = []
  for (let at = 0; at < batch.messages.length; at += recordsPerTurn) {
    const lines = batch.messages.slice(at, at + recordsPerTurn).map(({ value, headers }) => {
      const body = JSON.parse(value?.toString() ?? '') as Body
      const receivedAt = String(headers?.['received-at'])
      return `${body['vin']}\t${body['timestamp']}\t${body['sequence']}\t${body['latitude']}\t${body['longitude']}\t${body['altitude']}\t${body['speed']}\t${body['heading']}\t${body['make']}\t${body['model']}\t${receivedAt}\n`
    })
    chunks.push(lines.join(''))
    await yieldToLoop()
  }
  await copying
  copying = copy(chunks, batch.messages.length)
  await payload.heartbeat()
}

async function copy(chunks: readonly string[], rows: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const stream = client.query(copyFrom(`COPY "${order.table}" (${columns}) FROM STDIN`))
    stream.on('finish', resolve).on('error', reject)
    for (const chunk of chunks) stream.write(chunk)
    stream.end()
  })
  stored += rows
  first ??= { at: performance.now(), rows: stored, cpu: process.cpuUsage() }
  if (stored >= order.records) void finish(first)
}

async function finish(begin: Begin): Promise<void> {
  const { user, system } = process.cpuUsage(begin.cpu)
  const result: BareSinkResult = {
    rows: stored - begin.rows,
    seconds: (performance.now() - begin.at) / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
  await kafkaConsumer.disconnect()
  await client.end()
}

await client.connect()
await kafkaConsumer.connect()
await kafkaConsumer.subscribe({ topics: [order.topic], fromBeginning: true })
await kafkaConsumer.run({ eachBatch })
