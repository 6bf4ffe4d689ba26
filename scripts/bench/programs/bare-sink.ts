import { setImmediate as yieldToLoop } from 'node:timers/promises'
import type { EachBatchPayload } from 'kafkajs'
import type { BareOrder } from './bare-consumer.ts'
import { BareConsumer, recordsPerTurn } from './bare-consumer.ts'
import { readOrder } from './read-order.ts'

// The limit line of `sink`: kafkajs and `COPY` without any guarantee. No validation, no ledger, no dead
// letters, no check for existing rows. The next batch is parsed while this one is copied.

export type BareSinkOrder = BareOrder & { readonly table: string }

type Body = Readonly<Record<string, string | number | undefined>>

const order = readOrder() as BareSinkOrder
const columns =
  'vin, recorded_at, sequence, latitude, longitude, altitude, speed, heading, make, model, received_at'
const copyStatement = `COPY "${order.table}" (${columns}) FROM STDIN`

const consumer = new BareConsumer(order)
let copying = Promise.resolve()

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
  await consumer.copy(copyStatement, chunks)
  consumer.count(rows)
}

await consumer.run(eachBatch)
