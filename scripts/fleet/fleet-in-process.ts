import type { Fleet, FleetOptions } from '../../fleet/fleet.ts'
import { originOf } from '../../fleet/address.ts'
import { startFleet } from '../../fleet/fleet.ts'
import { escapeControls } from '../../services/runtime/process/printable.mjs'
import { sleep } from '../../services/runtime/retry.ts'
import { print } from '../cli/output.ts'

/** Milliseconds between two progress lines. */
const reportIntervalMs = 5_000
/** A larger fleet does not list its vins. */
const maxVinsShown = 10

/**
 * Runs vehicles in this process until the signal or the end of a recorded drive. Resolves to the
 * exit code.
 */
export async function driveHere(options: FleetOptions, signal: AbortSignal): Promise<number> {
  const { host, path, seed, numVehicles } = options
  const fleet = await startFleet(options)
  const verb = numVehicles === 1 ? 'reports' : 'report'
  print(
    `${countNoun(numVehicles, 'vehicle')} with seed ${seed} ${verb} to ${originOf(host)}${path}. Stop them with Ctrl-C.`,
  )
  if (fleet.vins.length <= maxVinsShown) print(`Vin: ${fleet.vins.join(', ')}`)
  const reason = await reportUntilOver(fleet, signal)
  await fleet[Symbol.asyncDispose]()
  print(`${reason}: ${summaryOf(fleet)}.`)
  const { pending, unsaved, refused } = fleet.counters()
  if (Object.keys(refused).length > 0 && options.refusedFile !== undefined) {
    print(`Refused readings are in ${options.refusedFile}, each with its reason.`)
  }
  if (pending > unsaved) {
    print(
      `Waiting readings are kept in ${options.journal.folder}. Run with --seed ${seed} to send them.`,
    )
  }
  return pending === 0 ? 0 : 1
}

/** `1 vehicle`, `2 vehicles`. */
export function countNoun(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`
}

/**
 * Prints a line every few seconds until the signal or the end of a recorded drive. Returns which of
 * the two.
 */
async function reportUntilOver(fleet: Fleet, signal: AbortSignal): Promise<string> {
  const drive = new AbortController()
  const endDrive = (): void => {
    drive.abort()
  }
  fleet.finished.then(endDrive, endDrive)
  const over = AbortSignal.any([signal, drive.signal])
  await sleep(reportIntervalMs, over)
  while (!over.aborted) {
    print(`  ${summaryOf(fleet)}`)
    await sleep(reportIntervalMs, over)
  }
  await Promise.race([fleet.failed, Promise.resolve()])
  return signal.aborted ? 'Stopped' : 'The recorded drive has ended'
}

function summaryOf(fleet: Fleet): string {
  const { acknowledged, refused, dropped, pending, unsaved, lastError } = fleet.counters()
  const refusals = Object.values(refused).reduce((sum, count) => sum + count, 0)
  const trouble =
    pending > 0 && lastError !== undefined ? `; last error: ${escapeControls(lastError)}` : ''
  const parts = [`${acknowledged} acknowledged`, `${pending} waiting`]
  if (refusals > 0)
    parts.push(`${refusals} refused (${escapeControls(Object.keys(refused).join(', '))})`)
  if (dropped > 0) parts.push(`${dropped} dropped`)
  if (unsaved > 0) parts.push(`${unsaved} only in memory, because the journal cannot be written`)
  return `${parts.join(', ')}${trouble}`
}
