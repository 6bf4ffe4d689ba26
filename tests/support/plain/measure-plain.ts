import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { medianOf } from '../../../services/telemetry/median.ts'
import { InMemoryProducer } from './in-memory-producer.ts'
import { aPlainRequest, aRecentReading, toBytes } from './plain-request.ts'

// `node --import tsx tests/support/plain/measure-plain.ts`: the CPU time that a producer needs for a request with and
// without node:http. Two processes with a list in place of Kafka get the same load in turns, a second each, so that
// other programs of the machine disturb both alike.

const connections = 64
const rounds = 20
const turnMs = 1_000

type Used = { readonly cpuMicros: number; readonly requests: number }

async function serve(isPlain: boolean): Promise<void> {
  const producer = await InMemoryProducer.start({ isPlain })
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    const requests = producer.records.length
    process.send?.({ cpuMicros: user + system, requests } satisfies Used)
  })
  process.send?.(new URL(producer.url).port)
}

class Measured {
  readonly microsPerRequest: number[] = []
  readonly requestsPerSecond: number[] = []
  readonly #child: ChildProcess

  constructor(kind: 'http' | 'plain') {
    this.#child = fork(fileURLToPath(import.meta.url), [kind])
  }

  async message(): Promise<unknown> {
    const [message] = (await once(this.#child, 'message')) as [unknown]
    return message
  }

  async #used(): Promise<Used> {
    this.#child.send('used')
    return (await this.message()) as Used
  }

  async turn(port: number): Promise<void> {
    const before = await this.#used()
    const begin = performance.now()
    const stop = post(port)
    await wait(turnMs)
    stop()
    const seconds = (performance.now() - begin) / 1_000
    const after = await this.#used()
    const requests = after.requests - before.requests
    this.microsPerRequest.push((after.cpuMicros - before.cpuMicros) / requests)
    this.requestsPerSecond.push(requests / seconds)
  }

  stop(): void {
    this.#child.kill()
  }
}

/** Each connection sends the next reading as soon as it has an answer. */
function post(port: number): () => void {
  const sockets = Array.from({ length: connections }, (_, index): Socket => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const send = (): void => {
      const sequence = Math.floor(performance.now())
      const reading = aRecentReading({ vin: `MEASURED-${index}`, sequence, make: 'a', model: 'b' })
      socket.write(toBytes(aPlainRequest(reading)))
    }
    return socket
      .on('connect', send)
      .on('data', send)
      .on('error', () => undefined)
  })
  return () => {
    for (const socket of sockets) socket.destroy()
  }
}

async function compare(): Promise<void> {
  const kinds = ['http', 'plain'] as const
  const measured = kinds.map((kind) => new Measured(kind))
  const ports = await Promise.all(measured.map((each) => each.message()))
  for (let round = 0; round < rounds; round += 1)
    for (const [index, each] of measured.entries()) await each.turn(Number(ports[index]))
  for (const [index, { microsPerRequest, requestsPerSecond }] of measured.entries()) {
    const [all, best] = [medianOf(microsPerRequest.slice(3)), Math.min(...microsPerRequest)]
    const rate = medianOf(requestsPerSecond.slice(3))
    process.stdout.write(
      `${kinds[index] ?? ''}: ${all.toFixed(1)} µs of CPU a request (least ${best.toFixed(1)}), ${rate.toFixed(0)} requests/s\n`,
    )
  }
  for (const each of measured) each.stop()
}

const [, , kind] = process.argv
if (kind === undefined) await compare()
else await serve(kind === 'plain')
