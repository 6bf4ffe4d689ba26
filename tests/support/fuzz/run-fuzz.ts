import { Agent } from 'node:http'
import { createRandom } from '../../../fleet/random.ts'
import { openApiDocument } from '../../../services/producer/openapi.ts'
import { samplesOf } from '../metrics.ts'
import type { Tenant } from '../tenant.ts'
import { until } from '../until.ts'
import { acceptedBy, faultOfAnswer, faultOfValid } from './check-answer.ts'
import { fuzzRecords } from './records.ts'
import type { ApiDocument, FuzzRequest } from './fuzz-request.ts'
import { fuzzRequests } from './requests.ts'
import { send } from './send.ts'

export type FuzzOptions = {
  /** Number of cases: 90 % are requests, 10 % are records. */
  readonly count: number
  readonly seed: number
  /** Called after every 1,000 requests. */
  readonly onProgress?: (done: number) => void
}

export type FuzzResult = {
  readonly requests: number
  readonly records: number
  /** How often each status was returned. */
  readonly statuses: ReadonlyMap<number, number>
  /** Readings answered with 202. */
  readonly accepted: number
  /** Positions and refused messages of devices that the producer has appended to the topic. */
  readonly ofDevices: number
  /** The first hundred faults, each with its request. */
  readonly faults: readonly string[]
}

const concurrentRequests = 16
const recordsPerSend = 200

/** Sends random requests and records to a tenant with a running producer. */
export async function runFuzz(tenant: Tenant, options: FuzzOptions): Promise<FuzzResult> {
  const { count, seed, onProgress } = options
  const document = openApiDocument(tenant.config.ingress.path) as ApiDocument
  const requests = fuzzRequests(document, createRandom(seed, 1))
  const agent = new Agent({ keepAlive: true, maxSockets: concurrentRequests })
  const tally = new Tally()
  const ofDevicesBefore = await recordsOfDevices(tenant)
  const records = Math.floor(count / 10)
  let remaining = count - records
  const sendAll = async (): Promise<void> => {
    while (remaining > 0) {
      remaining -= 1
      await tally.record(requests.next().value, (request) => send(tenant.url, request, agent))
      if (remaining % 1_000 === 0) onProgress?.(count - records - remaining)
    }
  }
  try {
    await Promise.all([
      ...Array.from({ length: concurrentRequests }, sendAll),
      produceAll(tenant, records, fuzzRecords(document, createRandom(seed, 2))),
    ])
  } finally {
    agent.destroy()
  }
  const ofDevices = (await recordsOfDevices(tenant)) - ofDevicesBefore
  return { requests: count - records, records, ofDevices, ...tally.result }
}

/** Positions and refused messages of devices, since the producer was started. */
async function recordsOfDevices({ config }: Tenant): Promise<number> {
  const samples = [...(await samplesOf(config.producer.opsHostPort))]
  const counted = samples.filter(
    ([name]) =>
      name.startsWith('telemetry_device_messages_total') && !name.includes('without_position'),
  )
  return counted.reduce((sum, [, count]) => sum + count, 0)
}

async function produceAll(
  tenant: Tenant,
  count: number,
  records: ReturnType<typeof fuzzRecords>,
): Promise<void> {
  for (let left = count; left > 0; left -= recordsPerSend) {
    const messages = Array.from(
      { length: Math.min(left, recordsPerSend) },
      () => records.next().value,
    )
    await tenant.directChanges.produce(messages)
  }
}

class Tally {
  readonly #statuses = new Map<number, number>()
  readonly #faults: string[] = []
  #accepted = 0

  get result(): Pick<FuzzResult, 'statuses' | 'accepted' | 'faults'> {
    return { statuses: this.#statuses, accepted: this.#accepted, faults: this.#faults }
  }

  async record(
    request: FuzzRequest,
    sendRequest: (request: FuzzRequest) => ReturnType<typeof send>,
  ): Promise<void> {
    try {
      const answer = await sendRequest(request)
      this.#statuses.set(answer.status, (this.#statuses.get(answer.status) ?? 0) + 1)
      this.#accepted += acceptedBy(answer)
      const fault = faultOfAnswer(request, answer) ?? faultOfValid(request, answer)
      if (fault !== undefined) this.#addFault(fault, request, answer.body)
    } catch (error) {
      this.#addFault((error as Error).message, request)
    }
  }

  #addFault(fault: string, { method, path, headers, body }: FuzzRequest, answer?: Buffer): void {
    if (this.#faults.length >= 100) return
    const head = `${method} ${path} ${JSON.stringify(headers).slice(0, 300)}`
    const bodies = [body, answer].map((bytes) =>
      JSON.stringify(bytes?.toString('latin1').slice(0, 500)),
    )
    this.#faults.push([fault, head, ...bodies].join('\n  '))
  }
}

export type FuzzAccount = {
  readonly offsets: number
  readonly settled: number
  readonly unaccounted: number
  readonly stored: number
  readonly duplicate: number
  readonly deadLettered: number
  readonly rows: number
  readonly deadLetters: number
}

/** Waits until every record of the topic is settled and returns the account. */
export async function settledAccount(tenant: Tenant, timeoutSeconds: number): Promise<FuzzAccount> {
  const offsets = await until('the counter does not change', async () => {
    const before = await fetchCounter(tenant)
    const after = await until('the producer has read the counter from Kafka again', async () => {
      const now = await fetchCounter(tenant)
      return now.asOf !== before.asOf && now
    })
    return before.eventsServed === after.eventsServed && after.eventsServed
  })
  const account = await until(
    'every record is settled',
    async () => {
      const now = await tenant.account()
      return now.settled >= offsets && now
    },
    timeoutSeconds,
  )
  const { settled, stored, duplicate, deadLettered, expired, withoutRecord } = account
  const [letters] = await tenant.sql<{ count: number }>(
    'select count(*)::int as count from dead_letter',
  )
  return {
    offsets,
    settled,
    unaccounted: settled - stored - duplicate - deadLettered - expired - withoutRecord,
    stored,
    duplicate,
    deadLettered,
    rows: await tenant.countRows(),
    deadLetters: letters?.count ?? 0,
  }
}

type Counter = { readonly eventsServed: number; readonly asOf: string }

async function fetchCounter({ url, config }: Tenant): Promise<Counter> {
  const headers = { accept: 'application/json' }
  const response = await fetch(`${url}${config.ingress.path}`, { headers })
  return (await response.json()) as Counter
}
