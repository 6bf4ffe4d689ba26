import type { Bench } from '../bench.ts'
import { below } from '../bench.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import { withFullPlatform } from '../full-platform.ts'
import { Drive } from './drive.ts'
import { dashboardService } from './browser.ts'

/** Number of vehicles, and readings of each before the memory is read. */
const full = { vehicles: 10_000, turns: 40 }
const quick = { vehicles: 1_000, turns: 5 }
const maxMegabytes = 250

export const dashboardMemory: Bench = {
  name: 'dashboard-memory',
  description: `memory of the dashboard process while ${full.vehicles} vehicles report once a second`,
  measure: (context) =>
    withFullPlatform(context, async (platform) => {
      const { vehicles, turns } = context.isQuick ? quick : full
      await using drive = new Drive(platform.eventsUrl, vehicles)
      await drive.reach(turns, context.signal)
      const known = await countKnown(platform)
      const note = `peak of the whole process; ${known} vehicles known, ${turns} readings each`
      const limit = { most: maxMegabytes, unit: 'MB', note }
      return [below('memory of the dashboard', platform.peakMegabytes(dashboardService), limit)]
    }),
}

async function countKnown({ dashboardUrl }: BenchPlatform): Promise<number> {
  let [count, cursor]: [number, string | null] = [0, '']
  while (cursor !== null) {
    const at: string = cursor === '' ? '' : `&cursor=${cursor}`
    const response = await fetch(`${dashboardUrl}/api/vehicles?limit=1000${at}`)
    const page = (await response.json()) as { vehicles: unknown[]; next: string | null }
    count += page.vehicles.length
    cursor = page.next
  }
  return count
}
