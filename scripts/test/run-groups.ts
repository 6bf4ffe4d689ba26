import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../platform/paths.ts'

/**
 * Number of groups that run at the same time, each with its own servers: tests mostly wait for
 * servers. `.ci/run` sets fewer, because other tests run at the same time.
 */
const maxGroupsAtOnce = groupsAtOnce(process.env['AV_TELEMETRY_TEST_GROUPS'] ?? '3')

/** @throws Error if the text is not a whole number of 1 or more */
export function groupsAtOnce(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1) return count
  throw new Error(`AV_TELEMETRY_TEST_GROUPS is "${text}"; give a whole number of 1 or more.`)
}

/** Number of slowest files in the summary. */
const slowestShown = 10

/** Seconds of each test file, by its path in the repository. */
type Times = Readonly<Record<string, number>>
type Outcome = { readonly code: number; readonly report: string; readonly times: Times }

/**
 * Runs groups of test files, one mocha process per group, several at the same time. The first group
 * reports immediately, the others when they have ended. The last line counts all tests.
 *
 * @param groups files or patterns of each group, relative to the repository
 * @returns the first exit code of mocha that is not 0
 */
export async function runGroups(
  groups: readonly (readonly string[])[],
  signal: AbortSignal,
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-test-times-'))
  const outcomes: Outcome[] = []
  const waiting = [...groups.entries()]
  const print = printerOf(groups.length)
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next && !signal.aborted; next = waiting.shift()) {
      const [index, files] = next
      const timesFile = join(folder, `${index}.json`)
      const outcome = await runMocha(files, { timesFile, reportsAtOnce: index === 0, signal })
      print(index, outcome.report)
      outcomes.push(outcome)
    }
  }
  try {
    await Promise.all(Array.from({ length: maxGroupsAtOnce }, work))
  } finally {
    rmSync(folder, { recursive: true })
  }
  if (outcomes.length > 1) process.stdout.write(`\n${summary(outcomes)}\n`)
  if (signal.aborted) return 130
  return outcomes.find(({ code }) => code !== 0)?.code ?? 0
}

/** Holds back the reports of other groups while the first one is running. */
function printerOf(count: number): (index: number, report: string) => void {
  const held: string[] = []
  let isFirstRunning = true
  return (index, report) => {
    if (index === 0) {
      isFirstRunning = false
      if (count > 1) process.stdout.write('Waiting for the other groups ...\n')
      process.stdout.write(held.join(''))
    } else if (isFirstRunning) held.push(report)
    else process.stdout.write(report)
  }
}

type MochaOptions = {
  readonly timesFile: string
  readonly reportsAtOnce: boolean
  readonly signal: AbortSignal
}

function runMocha(
  files: readonly string[],
  { timesFile, reportsAtOnce, signal }: MochaOptions,
): Promise<Outcome> {
  const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js')
  const reporter = ['--reporter', 'tests/support/reporter.cjs', '-O', `times=${timesFile}`]
  const colour = process.stdout.isTTY ? ['--color'] : []
  const child = spawn(process.execPath, [mocha, ...reporter, ...colour, ...files], {
    cwd: root,
    stdio: ['inherit', 'pipe', 'inherit'],
  })
  let report = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    report += text
    if (reportsAtOnce) process.stdout.write(text)
  })
  const interrupt = (): void => void child.kill('SIGINT')
  signal.addEventListener('abort', interrupt)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      signal.removeEventListener('abort', interrupt)
      resolve({ code: code ?? 1, report, times: readTimes(timesFile) })
    })
  })
}

/** Empty if mocha ended before its tests. */
function readTimes(file: string): Times {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Times
  } catch {
    return {}
  }
}

/** The slowest files, and the sums of the closing lines of all reports. */
function summary(outcomes: readonly Outcome[]): string {
  const times = outcomes.flatMap((outcome) => Object.entries(outcome.times))
  const lines = times
    .sort(([, left], [, right]) => right - left)
    .slice(0, slowestShown)
    .map(([file, seconds]) => `${seconds.toFixed(1).padStart(6)} s  ${file}`)
  return ['The slowest files:', ...lines, closingLine(outcomes)].join('\n')
}

/** A group without a closing line failed before its tests; it counts as one failure. */
function closingLine(outcomes: readonly Outcome[]): string {
  const counts = outcomes.map(({ report }) => {
    const line = /(\d+) passed, (\d+) failed, (\d+) skipped\n$/.exec(report)
    return line ? line.slice(1).map(Number) : [0, 1, 0]
  })
  const [passed, failed, skipped] = [0, 1, 2].map((at) =>
    counts.reduce((sum, group) => sum + (group[at] ?? 0), 0),
  )
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}
