import { setImmediate as yieldToLoop } from 'node:timers/promises'
import type { EachBatchPayload } from 'kafkajs'
import type { BareOrder } from './bare-consumer.ts'
import { BareConsumer, recordsPerTurn } from './bare-consumer.ts'
import { readOrder } from './read-order.ts'

// The limit line of `sink`: kafkajs and `COPY` without any guarantee. No validation, no ledger, no dead
// letters, no check for existing rows. The next rows are parsed while these are copied.

export type BareSinkOrder = BareOrder & { readonly table: string }

type Body = Readonly<Record<string, string | number | undefined>>

const order = readOrder() as BareSinkOrder
const columns =
  'vin, recorded_at, sequence, latitude, longitude, altitude, speed, heading, make, model, received_at'
const copyStatement = `COPY "${order.table}" (${columns}) FROM STDIN`

/** A statement with many rows costs less for each row. */
const rowsPerCopy = 50_000

const consumer = new BareConsumer(order, {
  maxBytesPerPartition: 8 * 1024 * 1024,
  maxBytes: 32 * 1024 * 1024,
})
let copying = Promise.resolve()
/** Lines that are not copied yet. */
let text = ''
let waitingRows = 0
let readRows = 0

async function eachBatch(payload: EachBatchPayload): Promise<void> {
  for (const { value, headers } of payload.batch.messages) {
    const body = JSON.parse(String(value)) as Body
    text += `${body['vin']}\t${body['timestamp']}\t${body['sequence']}\t${body['latitude']}\t${body['longitude']}\t${body['altitude']}\t${body['speed']}\t${body['heading']}\t${body['make']}\t${body['model']}\t${String(headers?.['received-at'])}\n`
    readRows += 1
    waitingRows += 1
    if (waitingRows % recordsPerTurn === 0) await yieldToLoop()
    if (waitingRows === rowsPerCopy || readRows === order.records) await copyWaiting()
  }
  await payload.heartbeat()
}

/** Starts to copy the lines when the last ones are copied. */
async function copyWaiting(): Promise<void> {
  const [lines, rows] = [text, waitingRows]
  text = ''
  waitingRows = 0
  await copying
  copying = copy(lines, rows)
}

async function copy(lines: string, rows: number): Promise<void> {
  await consumer.copy(copyStatement, [lines])
  consumer.count(rows)
}

await consumer.run(eachBatch)
