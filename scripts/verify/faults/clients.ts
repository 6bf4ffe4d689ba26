import type { SentReading } from '../account.ts'
import type { Manner } from '../load.ts'
import type { Fault, FaultContext } from './fault.ts'
import { pass, repeatedly } from './fault.ts'

/** Faults of vehicles and of their way of sending. */

function sending(name: string, about: string, manner: Manner): Fault {
  return {
    name,
    about,
    touches: ['clients'],
    inject: async (context) => {
      context.load.manner = manner
      try {
        await pass(context.seconds, context)
      } finally {
        context.load.manner = 'once'
      }
    },
  }
}

const offlineSeconds = 3_600
const offlineVehicles = 5
/** As many as one request may have. */
const readingsOfUpload = 1_000

const offline: Fault = {
  name: 'offline',
  about: `vehicles that come back with ${offlineSeconds} s of readings, in requests of ${readingsOfUpload}`,
  touches: ['clients'],
  inject: async ({ load, account }) => {
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
}

/** Within the shortest retention that there is, which is a day. */
const halfADayMs = 43_200_000
const tooFarAhead = 'time-too-far-ahead'

const clock: Fault = {
  name: 'clock',
  about: 'clocks wrong by half a day: behind is stored, ahead is refused with its code',
  touches: ['clients'],
  inject: async (context) => {
    const { load, account } = context
    const line = account.openLine()
    await repeatedly(context, [0.1, 0.4], async () => {
      const behind = Date.now() - halfADayMs
      await load.send(line, line.draw([behind, behind + 1, behind + 2]))
      await expectRefused(context, line.draw([Date.now() + halfADayMs]))
    })
  },
}

/** A reading from so far ahead is refused for good: it counts as refused, and must not become a row. */
async function expectRefused(
  { load, account }: FaultContext,
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

export const clientFaults: readonly Fault[] = [
  sending('twice', 'each POST sent twice', 'twice'),
  sending('disconnect', 'clients that go before the answer and send again', 'hanging-up'),
  offline,
  clock,
]
