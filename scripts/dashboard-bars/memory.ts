import { setTimeout as wait } from 'node:timers/promises'
import type { Bar } from './bar.ts'
import { below } from './bar.ts'
import { Drive } from './drive.ts'

const vehicles = 10_000
const seconds = 40
const mostMegabytes = 250

export const memory: Bar = {
  name: 'memory',
  about: `the dashboard's process while ${vehicles} vehicles report once a second`,
  measure: async ({ platform, say }) => {
    const known = await driveAndCount(platform.eventsUrl, platform.dashboardUrl)
    say(`${known} vehicles are known`)
    const note = `whole process, at its peak; ${known} vehicles known, each having reported ${seconds} times`
    const peak = platform.dashboardPeak()
    return [below('memory of the dashboard', peak, { most: mostMegabytes, unit: 'MB', note })]
  },
}

/** Resolves to how many vehicles are known when all have reported so often. */
async function driveAndCount(eventsUrl: string, dashboardUrl: string): Promise<number> {
  await using drive = new Drive(eventsUrl, vehicles)
  while (drive.turn < seconds) await wait(500)
  return await countKnown(dashboardUrl)
}

async function countKnown(url: string): Promise<number> {
  let [count, cursor]: [number, string | null] = [0, '']
  while (cursor !== null) {
    const at: string = cursor === '' ? '' : `&cursor=${cursor}`
    const response = await fetch(`${url}/api/vehicles?limit=1000${at}`)
    const page = (await response.json()) as { vehicles: unknown[]; next: string | null }
    count += page.vehicles.length
    cursor = page.next
  }
  return count
}
