import { setImmediate as nextTurn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { createRandom } from '../../../fleet/random.ts'
import { proxyHeaderOf } from '../../../services/adapters/http/proxy/proxy-header.ts'
import { rawClient } from '../raw-clients.ts'
import { eachOddConnection, hostileConnection } from './hostile-requests.ts'
import type { InMemoryProducerOptions } from './in-memory-producer.ts'
import { firstOffset, InMemoryProducer } from './in-memory-producer.ts'

export const proxySecret = 'the secret of ingress and producers'
const client = { remoteAddress: '192.0.2.7', localAddress: '192.0.2.1' }
const proxyHeader = proxyHeaderOf({ ...client, remotePort: 1, localPort: 2 }, proxySecret)

const maxAttempts = 5
/** Longer than any request of these tests takes. */
const maxPendingMs = 10_000

/** What a producer has answered on a connection, and the records that it has accepted. */
type Outcome = { readonly received: string; readonly records: readonly string[] }

export type ComparedOptions = Omit<InMemoryProducerOptions, 'isPlain'>

export type Comparison = {
  /** How many requests were answered without `node:http`. */
  readonly plainAnswers: number
  /** The first difference, as a text with the bytes that show it. */
  readonly difference: string | undefined
}

/**
 * Sends the bytes of many connections to two producers, with and without the reader of plain requests, and compares
 * the answers, the accepted records, the metrics and the log lines.
 *
 * @param cases `count` random connections after those that are always the same. The same seed gives the same bytes,
 * except for times
 */
export async function comparePlain(
  options: ComparedOptions,
  { seed, count }: { readonly seed: number; readonly count: number },
): Promise<Comparison> {
  await using http = await InMemoryProducer.start({ ...options, isPlain: false })
  await using plain = await InMemoryProducer.start({ ...options, isPlain: true })
  const random = createRandom(seed)
  const fixed = eachOddConnection()
  for (let number = 0; number < fixed.length + count; number += 1) {
    const pieces = fixed[number] ?? hostileConnection(random)
    const sent = options.proxySecret === undefined ? pieces : withProxyHeader(pieces, number)
    const [outcome, expected] = await outcomesOf([plain, http], sent)
    if (!isDeepStrictEqual(outcome, expected)) {
      const bytes = pieces.map((piece) => JSON.stringify(piece.toString('latin1')))
      const texts = [`case ${number} of seed ${seed}`, ...bytes, toText(outcome), toText(expected)]
      return { plainAnswers: plain.plainAnswers, difference: texts.join('\n') }
    }
  }
  const [found, expected] = [await tracesOf(plain), await tracesOf(http)]
  const difference = found === expected ? undefined : `${found}\n\n${expected}`
  return { plainAnswers: plain.plainAnswers, difference }
}

/** The header in the first piece, or in a piece before it. */
function withProxyHeader([first = Buffer.alloc(0), ...others]: readonly Buffer[], number: number) {
  return number % 2 === 0
    ? [Buffer.concat([proxyHeader, first]), ...others]
    : [proxyHeader, first, ...others]
}

/** The metrics and the log lines of a producer. */
async function tracesOf(producer: InMemoryProducer): Promise<string> {
  const lines = producer.logLines.map(({ level, event, client, error }) => [
    level,
    event,
    client,
    error,
  ])
  return `${await producer.metrics()}\n${lines.map((line) => JSON.stringify(line)).join('\n')}`
}

/**
 * The outcomes of the same pieces at two producers. If invalid bytes follow a valid request, what `node:http` answers
 * to that one depends on whether both arrive at once. So a difference counts only if it remains.
 */
async function outcomesOf(
  [first, second]: readonly [InMemoryProducer, InMemoryProducer],
  pieces: readonly Buffer[],
): Promise<readonly [Outcome, Outcome]> {
  for (let attempts = 1; ; attempts += 1) {
    const outcomes = [await exchange(first, pieces), await exchange(second, pieces)] as const
    if (isDeepStrictEqual(...outcomes) || attempts === maxAttempts) return outcomes
  }
}

function toText(outcome: Outcome): string {
  return JSON.stringify(outcome, null, 2)
}

/** Sends the pieces on a new connection, closes its sending half, and waits until the producer closes it. */
async function exchange(producer: InMemoryProducer, pieces: readonly Buffer[]): Promise<Outcome> {
  const before = producer.records.length
  const { socket, ...received } = await open(producer)
  for (const piece of pieces) {
    socket.write(piece)
    // So that the producer reads most pieces one by one.
    for (let turns = 0; turns < 3; turns += 1) await nextTurn()
  }
  socket.end()
  await received.closed
  // A request goes on after its connection is closed.
  const begin = performance.now()
  while (producer.isBusy) {
    if (performance.now() - begin > maxPendingMs)
      throw new Error('The memory of a request is not released.')
    await nextTurn()
  }
  const records = producer.records.slice(before).map(({ key, value }) => `${key} ${String(value)}`)
  return { received: comparable(received.text(), firstOffset + before), records }
}

/** Without `Date`, and with offsets from the first record of the connection. */
function comparable(received: string, first: number): string {
  return received
    .replace(/^Date: .*\r\n/gm, '')
    .replace(/"1-0-(\d+)"/g, (_, offset) => `"1-0-${Number(offset) - first}"`)
}

async function open(producer: InMemoryProducer) {
  const client = await rawClient(producer.url)
  const closed = new Promise((resolve) => client.socket.once('close', resolve))
  return { socket: client.socket, closed, text: () => client.received }
}
