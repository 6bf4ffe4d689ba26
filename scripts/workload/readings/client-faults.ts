import type { Fault } from '../../verify/faults/fault.ts'
import { waitSeconds, repeatedly } from '../../verify/faults/fault.ts'
import type { Account, SentReading } from './account.ts'
import type { Load, SendMode } from './load.ts'

/** Faults of vehicles and of how they send. */

/** The sending clients and their account. */
export type Clients = { readonly load: Load; readonly account: Account }

/** @param clients returns the clients of the current run */
export function clientFaults(clients: () => Clients): readonly Fault[] {
  return [
    sendModeFault('twice', 'each POST sent twice', { sendMode: 'twice', clients }),
    sendModeFault('disconnect', 'clients that disconnect before the answer and send again', {
      sendMode: 'hanging-up',
      clients,
    }),
    offline(clients),
    clock(clients),
  ]
}

type SendModeFaultOptions = { readonly sendMode: SendMode; readonly clients: () => Clients }

function sendModeFault(
  name: string,
  description: string,
  { sendMode, clients }: SendModeFaultOptions,
): Fault {
  return {
    name,
    description,
    touches: ['clients'],
    inject: async (context) => {
      const { load } = clients()
      load.sendMode = sendMode
      try {
        await waitSeconds(context.seconds, context)
      } finally {
        load.sendMode = 'once'
      }
    },
  }
}

const offlineSeconds = 3_600
const offlineVehicles = 5
/** The maximum of one request. */
const readingsPerRequest = 1_000

const offline = (clients: () => Clients): Fault => ({
  name: 'offline',
  description: `vehicles that were offline send ${offlineSeconds} s of readings, in requests of ${readingsPerRequest}`,
  touches: ['clients'],
  inject: async () => {
    const { load, account } = clients()
    const line = account.openLine()
    const since = Date.now() - offlineSeconds * 1000
    const times = Array.from({ length: offlineSeconds }, (_, second) => since + second * 1000)
    for (let vehicle = 0; vehicle < offlineVehicles; vehicle += 1) {
      const readings = line.createReadings(times)
      for (let at = 0; at < readings.length; at += readingsPerRequest) {
        await load.send(line, readings.slice(at, at + readingsPerRequest))
      }
    }
  },
})

/** Within the shortest possible retention, which is one day. */
const halfADayMs = 43_200_000
const tooFarAheadCode = 'time-too-far-ahead'

const clock = (clients: () => Clients): Fault => ({
  name: 'clock',
  description:
    'vehicle clocks wrong by half a day: readings from the past are stored, from the future refused',
  touches: ['clients'],
  inject: async (context) => {
    const { load, account } = clients()
    const line = account.openLine()
    await repeatedly(context, [0.1, 0.4], async () => {
      const behind = Date.now() - halfADayMs
      await load.send(line, line.createReadings([behind, behind + 1, behind + 2]))
      await expectRefused(clients(), line.createReadings([Date.now() + halfADayMs]))
    })
  },
})

/** A reading from the future is refused finally: it counts as refused and must not become a row. */
async function expectRefused(
  { load, account }: Clients,
  readings: readonly SentReading[],
): Promise<void> {
  const answer = await load.post(JSON.stringify(readings))
  account.refused += readings.length
  if (answer.kind === 'no-answer' || answer.status === 503) return
  const codes = answer.body.rejected?.map(({ code }) => code)
  if (answer.status === 422 && codes?.every((code) => code === tooFarAheadCode)) return
  throw new Error(
    `a reading from half a day ahead was answered with ${answer.status}; expected 422 with ${tooFarAheadCode}`,
  )
}
