import { createRandom } from '../../fleet/random.ts'
import { UserError } from '../../infra/checks/user-error.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import { findPlatform } from '../platform/running-platform.ts'
import { targetOf } from '../targets/all-targets.ts'
import type { Target, Verification } from '../targets/target.ts'
import { print, printProgress } from '../cli/output.ts'
import { chosenFaults } from '../verify/faults/all-faults.ts'
import type { Fault } from '../verify/faults/fault.ts'
import type { VerifyOptions } from '../verify/options.ts'
import { parseVerifyOptions } from '../verify/options.ts'
import { verdictsToJson, formatVerdictTable } from '../verify/report.ts'
import type { Verdict } from '../verify/run-fault.ts'
import { isPromiseKept, runFault } from '../verify/run-fault.ts'
import type { PlatformUnderTest } from '../verify/platform-under-test.ts'
import { userPath } from '../cli/user-paths.ts'
import { workloads } from '../workload/all-workloads.ts'
import type { Workload } from '../workload/workload.ts'

/** Seconds of load for a single fault, and for the mixture. */
const defaultSeconds = { alone: 15, mixed: 600 }
const quickSeconds = { alone: 3, mixed: 30 }

/** `npm run verify`: exit code 1 if the guarantee was broken. */
export function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  return reportUserErrors(async () => {
    const options = parseVerifyOptions(args)
    const workload = workloads[options.workload]()
    const faults = chosenFaults(options.faults, options.quick, workload)
    const verification = await targetOf(options.target).verification()
    const verdicts = await runFaults({ faults, workload, options, verification }, signal)
    if (verdicts === undefined) return 130
    const { seed, json } = options
    print(json ? verdictsToJson(seed, verdicts) : formatVerdictTable(verdicts))
    const isAllKept = verdicts.every(isPromiseKept)
    const line = 'finish' in verification ? verification.finish(isAllKept) : undefined
    if (line !== undefined) printProgress(line)
    return isAllKept ? 0 : 1
  }, process.stderr)
}

type Order = {
  readonly faults: readonly Fault[]
  readonly workload: Workload
  readonly options: VerifyOptions
  readonly verification: Verification
}

/** @returns undefined if it was interrupted */
async function runFaults(
  { faults, options, ...order }: Order,
  signal: AbortSignal,
): Promise<Verdict[] | undefined> {
  try {
    await using platform = await openPlatform({ ...order, options }, signal)
    // The workload stops sending before the platform stops.
    await using workload = order.workload
    const { rate = workload.usualRate } = options
    printProgress(`seed ${options.seed}, ${rate} ${workload.unit} a second`)
    const verdicts: Verdict[] = []
    for (const [index, fault] of faults.entries()) {
      process.stderr.write(`${fault.name}: ${fault.description} ... `)
      const verdict = await runFault(fault, {
        platform,
        workload,
        rate,
        seconds: secondsOf(fault, options),
        isQuick: options.quick,
        random: createRandom(options.seed, index),
        signal,
      })
      printProgress(describeVerdict(verdict))
      verdicts.push(verdict)
    }
    return verdicts
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
}

async function openPlatform(
  { options, workload, verification }: Omit<Order, 'faults'>,
  signal: AbortSignal,
): Promise<PlatformUnderTest> {
  try {
    if ('start' in verification) {
      const configFile = userPath(options.config)
      return await verification.start({ configFile, settings: options.set, workload, signal })
    }
    const platform = await findPlatform(options)
    if (!platform) throw new UserError(noneOn(targetOf(options.target)))
    return await verification.open({ platform, choice: options, workload, signal })
  } catch (error) {
    await workload[Symbol.asyncDispose]()
    throw error
  }
}

const noneOn = ({ place, options }: Target): string =>
  `No such platform is running ${place}. Start one with pulumi up or scripts/launch-infra.sh, or choose one with ${options[0]?.flags ?? '--target'}.`

function secondsOf({ name }: Fault, { duration, quick }: VerifyOptions): number {
  const { alone, mixed } = quick ? quickSeconds : defaultSeconds
  return duration ?? (name === 'mixed' ? mixed : alone)
}

function describeVerdict(verdict: Verdict): string {
  if (verdict.kind === 'not-injected') return 'cannot be injected here'
  const { lost, duplicateRows, recoverySeconds } = verdict
  const recovery =
    recoverySeconds === null ? 'no recovery' : `recovered after ${recoverySeconds.toFixed(1)} s`
  return `lost ${lost}, duplicate rows ${duplicateRows}, ${recovery}`
}
