import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { Kafka, logLevel } from 'kafkajs'
import type { KafkaConfig, Message } from 'kafkajs'
import { readOrder } from './read-order.ts'

// The limit lines of `ingest-single` and `ingest-batch`: only node:http and JSON.parse, optionally with
// kafkajs. Nothing is validated, limited or counted. The next send starts when the last is
// acknowledged.

export type BareIngestOrder = {
  readonly port: number
  /** The topic for parsed readings; without it nothing is appended. */
  readonly kafka?: {
    readonly connection: Pick<KafkaConfig, 'brokers' | 'sasl'>
    readonly topic: string
  }
}

type Waiting = { readonly messages: readonly Message[]; readonly response: ServerResponse }
type Body = { readonly vin: string }

const order = readOrder() as BareIngestOrder
const kafka = order.kafka && new Kafka({ ...order.kafka.connection, logLevel: logLevel.NOTHING })
const kafkaProducer = kafka?.producer({ allowAutoTopicCreation: false, maxInFlightRequests: 1 })
let waiting: Waiting[] = []
let isSending = false

function take(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const text = Buffer.concat(chunks).toString()
    const isLines = request.headers['content-type'] === 'application/x-ndjson'
    const parsed = isLines
      ? text
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as Body)
      : [JSON.parse(text) as Body | Body[]].flat()
    if (kafkaProducer === undefined) {
      answer(response, parsed.length)
      return
    }
    const messages = parsed.map((body) => ({ key: body.vin, value: JSON.stringify(body) }))
    waiting.push({ messages, response })
    if (!isSending) void sendAll()
  })
}

async function sendAll(): Promise<void> {
  isSending = true
  await Promise.resolve()
  while (waiting.length > 0) {
    const sending = waiting
    waiting = []
    const messages = sending.flatMap(({ messages }) => messages)
    await kafkaProducer?.send({ topic: order.kafka?.topic ?? '', acks: -1, messages })
    for (const sent of sending) answer(sent.response, sent.messages.length)
  }
  isSending = false
}

function answer(response: ServerResponse, accepted: number): void {
  const body = JSON.stringify({ accepted })
  response.writeHead(202, { 'content-type': 'application/json', 'content-length': body.length })
  response.end(body)
}

await kafkaProducer?.connect()
createServer(take).listen(order.port, '127.0.0.1')
