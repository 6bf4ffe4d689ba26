import type { Fault } from '../../verify/faults/fault.ts'
import { pass, repeatedly } from '../../verify/faults/fault.ts'
import type { Account, SentReading } from './account.ts'
import type { Load, Manner } from './load.ts'

/** Faults of vehicles and of their way of sending. */

/** The clients that send, and their account. */
export type Clients = { readonly load: Load; readonly account: Account }

/** @param clients those of the run that is under way */
export function clientFaults(clients: () => Clients): readonly Fault[] {
  return [
    sending('twice', 'each POST sent twice', { manner: 'twice', clients }),
    sending('disconnect', 'clients that go before the answer and send again', {
      manner: 'hanging-up',
      clients,
    }),
    offline(clients),
    clock(clients),
  ]
}

type Sending = { readonly manner: Manner; readonly clients: () => Clients }

function sending(name: string, about: string, { manner, clients }: Sending): Fault {
  return {
    name,
    about,
    touches: ['clients'],
    inject: async (context) => {
      const { load } = clients()
      load.manner = manner
      try {
        await pass(context.seconds, context)
      } finally {
        load.manner = 'once'
      }
    },
  }
}

const offlineSeconds = 3_600
const offlineVehicles = 5
/** As many as one request may have. */
const readingsOfUpload = 1_000

const offline = (clients: () => Clients): Fault => ({
  name: 'offline',
  about: `vehicles that come back with ${offlineSeconds} s of readings, in requests of ${readingsOfUpload}`,
  touches: ['clients'],
  inject: async () => {
    const { load, account } = clients()
    const line = account.openLine()
    const since = Date.now() - offlineSeconds * 1000
    const times = Array.from({ length: offlineSeconds }, (_, second) => since + second * 1000)
    for (let vehicle = 0; vehicle < offlineVehicles; vehicle += 1) {
      const readings = line.draw(times)
      for (let at = 0; at < readings.length; at += readingsOfUpload) {
        await load.send(line, readings.slice(at, at + readingsOfUpload))
      }
    }
  },
})

/** Within the shortest retention that there is, which is a day. */
const halfADayMs = 43_200_000
const tooFarAhead = 'time-too-far-ahead'

const clock = (clients: () => Clients): Fault => ({
  name: 'clock',
  about: 'clocks wrong by half a day: behind is stored, ahead is refused with its code',
  touches: ['clients'],
  inject: async (context) => {
    const { load, account } = clients()
    const line = account.openLine()
    await repeatedly(context, [0.1, 0.4], async () => {
      const behind = Date.now() - halfADayMs
      await load.send(line, line.draw([behind, behind + 1, behind + 2]))
      await expectRefused(clients(), line.draw([Date.now() + halfADayMs]))
    })
  },
})

/** A reading from so far ahead is refused for good: it counts as refused, and must not become a row. */
async function expectRefused(
  { load, account }: Clients,
  readings: readonly SentReading[],
): Promise<void> {
  const answer = await load.post(JSON.stringify(readings))
  account.refused += readings.length
  if (answer.kind === 'no-answer' || answer.status === 503) return
  const codes = answer.body.rejected?.map(({ code }) => code)
  if (answer.status === 422 && codes?.every((code) => code === tooFarAhead)) return
  throw new Error(
    `a reading from half a day ahead was answered with ${answer.status}, not ${tooFarAhead}`,
  )
}
