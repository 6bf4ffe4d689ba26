import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectOverTls } from 'node:tls'
import { setTimeout as wait } from 'node:timers/promises'
import { numberedBody, vehicles } from '../../workload/readings/numbered-readings.ts'
import { usageOf } from '../machine.ts'
import { readOrder } from './read-order.ts'

// A client that posts readings as fast as they are answered, or at a steady rate. It writes
// HTTP/1.1 to
// sockets directly, because a client library would use more CPU than the measured service.

export type PostLoadOrder = {
  readonly port: number
  readonly path: string
  readonly connections: number
  /** Seconds before the measurement, and seconds of the measurement. */
  readonly warmUp: number
  readonly seconds: number
  readonly form: 'single' | 'array' | 'lines'
  /** Readings per request. */
  readonly size: number
  /** Readings per second; without it each connection sends as soon as it has an answer. */
  readonly rate?: number
  /** The index of the first numbered reading, and the time of reading 0 in microseconds. */
  readonly first: number
  readonly begin: number
  /** The beginning of the vins, if it is not the usual one. */
  readonly vinPrefix?: string
  /** The tokens of the vehicles, in their order. Only with single readings. */
  readonly tokens?: readonly string[]
  /** Whether to return the receipts with the due times of their readings. */
  readonly keepsReceipts?: boolean
  /** Whether the connections use TLS. The certificate is not verified. */
  readonly overTls?: boolean
  /** Whether each request opens a new connection. Its time then includes that. Not with `rate`. */
  readonly renewsConnections?: boolean
  /** The process that answers, to measure its CPU. */
  readonly serverPid?: number
}

export type PostLoadResult = {
  readonly requestsPerSecond: number
  readonly acceptedPerSecond: number
  /** Milliseconds from the due time of a request to the end of its answer. */
  readonly p50: number
  readonly p99: number
  readonly longestMs: number
  /** Answers other than 202. */
  readonly refused: number
  /** Requests that still waited for a free connection at the end of the run. */
  readonly unsent: number
  /** Requests that were due but not answered at the end of the run. */
  readonly unanswered: number
  /** Cores that this client has used. */
  readonly cores: number
  /** Cores that the process `serverPid` has used during the measurement; 0 without it. */
  readonly serverCores: number
  /** The due time of each reading, in milliseconds since the Unix epoch, and its receipt. */
  readonly receipts: readonly (readonly [due: number, receipt: string])[]
}

const order = readOrder() as PostLoadOrder
const mediaType = order.form === 'lines' ? 'application/x-ndjson' : 'application/json'
const requestLine = `POST ${order.path} HTTP/1.1\r\nHost: localhost\r\n`
const head = `Content-Type: ${mediaType}\r\nContent-Length: `
const headEnd = Buffer.from('\r\n\r\n')
/** Milliseconds since the Unix epoch, with fractions. */
const now = (): number => performance.timeOrigin + performance.now()

const latencies: number[] = []
const receipts: (readonly [number, string])[] = []
let next = order.first
let answered = 0
let refused = 0
let accepted = 0
let countsFrom = Infinity
let isOver = false

function request(): string {
  const token = order.tokens?.[next % vehicles]
  const authorization = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`
  const bodies = Array.from({ length: order.size }, () =>
    numberedBody(next++, order.begin, order.vinPrefix),
  )
  const body =
    order.form === 'single'
      ? (bodies[0] ?? '')
      : order.form === 'array'
        ? `[${bodies.join(',')}]`
        : `${bodies.join('\n')}\n`
  // All bodies are ASCII: one character is one byte.
  return `${requestLine}${authorization}${head}${body.length}\r\n\r\n${body}`
}

/** One connection with at most one open request. */
class Line {
  #socket: Socket
  #openedAt = 0
  readonly #onFree: (line: Line) => void
  #due = 0
  #answer: Buffer = Buffer.alloc(0)

  constructor(onFree: (line: Line) => void) {
    this.#onFree = onFree
    this.#socket = this.#open()
  }

  #open(): Socket {
    this.#openedAt = now()
    const target = { host: '127.0.0.1', port: order.port, noDelay: true }
    const socket = order.overTls
      ? connectOverTls({ ...target, rejectUnauthorized: false })
      : connect(target)
    socket.on(order.overTls ? 'secureConnect' : 'connect', () => {
      this.#onFree(this)
    })
    socket.on('data', (chunk: Buffer) => {
      this.#take(chunk)
    })
    socket.on('error', (error) => {
      if (!isOver) throw error
    })
    return socket
  }

  send(due: number): void {
    this.#due = order.renewsConnections ? this.#openedAt : due
    this.#socket.write(request(), 'latin1')
  }

  #take(chunk: Buffer): void {
    this.#answer = this.#answer.length === 0 ? chunk : Buffer.concat([this.#answer, chunk])
    const end = this.#answer.indexOf(headEnd)
    if (end === -1) return
    const headers = this.#answer.toString('latin1', 0, end)
    const length = Number(/content-length: (\d+)/i.exec(headers)?.[1] ?? 0)
    if (this.#answer.length < end + headEnd.length + length) return
    const body = this.#answer.subarray(end + headEnd.length)
    this.#answer = Buffer.alloc(0)
    if (now() >= countsFrom && !isOver) this.#count(headers.startsWith('HTTP/1.1 202'), body)
    if (order.renewsConnections) this.#renew()
    else this.#onFree(this)
  }

  #renew(): void {
    this.#socket.destroy()
    if (!isOver) this.#socket = this.#open()
  }

  #count(isAccepted: boolean, body: Buffer): void {
    // Requests due before the measurement count for the throughput, but not for the latency.
    const isTimed = this.#due >= countsFrom
    if (isTimed) latencies.push(now() - this.#due)
    answered += 1
    if (!isAccepted) {
      refused += 1
      return
    }
    accepted += order.size
    if (order.keepsReceipts && isTimed) this.#keep(body)
  }

  #keep(body: Buffer): void {
    const { receipts: given } = JSON.parse(body.toString()) as { receipts: string[] }
    for (const receipt of given) receipts.push([this.#due, receipt])
  }

  close(): void {
    this.#socket.destroy()
  }
}

const due: number[] = []
const free: Line[] = []

function onFree(line: Line): void {
  if (isOver) return
  if (order.rate === undefined) {
    line.send(now())
    return
  }
  const first = due.shift()
  if (first === undefined) free.push(line)
  else line.send(first)
}

/** Requests become due at a steady rate, even if earlier ones are not answered. */
async function keepRate(rate: number): Promise<void> {
  const begin = now()
  const between = (1000 * order.size) / rate
  for (let sent = 0; !isOver;) {
    for (const at = now(); begin + sent * between <= at; sent += 1) {
      const line = free.pop()
      if (line) line.send(begin + sent * between)
      else due.push(begin + sent * between)
    }
    await wait(1)
  }
}

/** CPU seconds of the process that answers. */
const usageOfServer = (): number => (order.serverPid === undefined ? 0 : usageOf(order.serverPid))

const lines = Array.from({ length: order.connections }, () => new Line(onFree))
const pacing = order.rate === undefined ? undefined : keepRate(order.rate)
await wait(order.warmUp * 1000)
const serverCpu = usageOfServer()
const cpu = process.cpuUsage()
countsFrom = now()
await wait(order.seconds * 1000)
isOver = true
const seconds = (now() - countsFrom) / 1000
const { user, system } = process.cpuUsage(cpu)
const serverSeconds = usageOfServer() - serverCpu
await pacing
for (const line of lines) line.close()
const sorted = Float64Array.from(latencies).sort()
const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0
const result: PostLoadResult = {
  requestsPerSecond: answered / seconds,
  acceptedPerSecond: accepted / seconds,
  p50: at(0.5),
  p99: at(0.99),
  longestMs: at(1),
  refused,
  unsent: due.length,
  unanswered: due.length + order.connections - free.length,
  cores: (user + system) / 1e6 / seconds,
  serverCores: serverSeconds / seconds,
  receipts,
}
process.stdout.write(`${JSON.stringify(result)}\n`)
