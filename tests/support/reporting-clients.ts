import type { Agent } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type {
  DevicePosition,
  DeviceRequest,
} from '../../scripts/workload/devices/device-requests.ts'
import { deviceRequests } from '../../scripts/workload/devices/device-requests.ts'
import type { DeviceAnswer } from '../../scripts/workload/devices/send.ts'
import { send } from '../../scripts/workload/devices/send.ts'

/** How an app sends the positions in its queue, read in its source (`docs/devices.md` names the apps). */
type ClientRules = {
  /** Positions of one request. */
  readonly batch: number
  /** Whether the app removes the request from its queue as delivered. */
  readonly isDelivered: (answer: DeviceAnswer) => boolean
  /** Seconds before each further attempt; after the last one the app drops the request. Endless: it never does. */
  readonly pauses: () => Iterable<number>
}

const is2xx = ({ status }: DeviceAnswer): boolean => status === 200 || status === 202

function* always(seconds: number): Generator<number> {
  for (;;) yield seconds
}

function* doubling(first: number, last: number, times = Infinity): Generator<number> {
  for (let each = 0; each < times; each += 1) yield Math.min(first * 2 ** each, last)
}

const oneByOne = { batch: 1, isDelivered: is2xx }

/** By the names of `deviceRequests`. */
const rules: Readonly<Record<string, ClientRules>> = {
  'own JSON': { ...oneByOne, pauses: () => doubling(1, 30) },
  'Traccar Client 8': { ...oneByOne, pauses: () => always(30) },
  'Traccar Client 9': { ...oneByOne, pauses: () => always(30) },
  'Traccar Client 10': { ...oneByOne, pauses: () => doubling(5, 300) },
  // For 15 minutes.
  OsmAnd: { ...oneByOne, pauses: () => doubling(10, 10, 90) },
  GPSLogger: { ...oneByOne, pauses: () => doubling(10, 60, 2) },
  'Traccar forward.type=url': { ...oneByOne, pauses: () => doubling(0.1, Infinity, 10) },
  'Traccar forward.type=json': { ...oneByOne, pauses: () => doubling(0.1, Infinity, 10) },
  OwnTracks: { ...oneByOne, pauses: () => doubling(1, 120, 100_000) },
  Overland: {
    batch: 20,
    isDelivered: (answer) => is2xx(answer) && answer.body === '{"result":"ok"}',
    pauses: () => always(10),
  },
}

/** Time in these clients is shorter than that of the real ones. */
const timesFaster = 50

export type ReportingClient = {
  readonly name: string
  /**
   * Sends positions in one request until the app removes it from its queue.
   *
   * @returns the statuses of all attempts, and whether the app took the request as delivered or dropped it
   */
  readonly report: (positions: readonly DevicePosition[]) => Promise<Reported>
  readonly batch: number
}

type Reported = {
  readonly isDelivered: boolean
  readonly statuses: readonly DeviceAnswer['status'][]
}

/** All apps, each with its own way to repeat a request. @param url of the producer */
export function reportingClients(url: string, agent: Agent): ReportingClient[] {
  return Object.entries(deviceRequests).map(([name, build]) => {
    const rule = rules[name]
    if (rule === undefined) throw new Error(`it is not known how ${name} repeats a request`)
    return {
      ...{ name, batch: rule.batch },
      report: (positions) =>
        repeat(rule, () => send(url, inOneRequest(positions.map(build)), agent)),
    }
  })
}

async function repeat(
  { isDelivered, pauses }: ClientRules,
  attempt: () => Promise<DeviceAnswer>,
): Promise<Reported> {
  const first = await attempt()
  const statuses = [first.status]
  if (isDelivered(first)) return { isDelivered: true, statuses }
  for (const seconds of pauses()) {
    await wait((seconds * 1_000) / timesFaster)
    const answer = await attempt()
    statuses.push(answer.status)
    if (isDelivered(answer)) return { isDelivered: true, statuses }
  }
  return { isDelivered: false, statuses }
}

/** The batch of Overland has the positions of several requests. */
function inOneRequest(requests: readonly DeviceRequest[]): DeviceRequest {
  const [first] = requests
  if (first === undefined) throw new Error('there is no position')
  if (requests.length === 1) return first
  const locations = requests.flatMap(({ body = '' }) => {
    return (JSON.parse(body) as { locations: unknown[] }).locations
  })
  return { ...first, body: JSON.stringify({ locations }) }
}
