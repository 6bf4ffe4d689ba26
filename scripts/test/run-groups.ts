import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { signalGroup } from '../../services/runtime/process/process-identity.ts'
import { parseWhole } from '../../services/runtime/parse-number.ts'
import { root } from '../platform/paths.ts'
import { createTestFolder, endTestLeftovers, testFolderVariable } from './leftovers.ts'
import { waitForFile } from './wait-for-file.ts'

/**
 * Number of groups that run at the same time, each with its own servers: tests mostly wait for
 * servers. `.ci/run` sets fewer, because other tests run at the same time.
 */
const maxGroupsAtOnce = groupsAtOnce(process.env['AV_TELEMETRY_TEST_GROUPS'] ?? '3')

/**
 * Path of a file. When the file exists, one more group runs at the same time. `.ci/run` makes it when the
 * other tests have ended. Undefined: no more group runs.
 */
const oneMoreGroupFile = process.env['AV_TELEMETRY_ONE_MORE_TEST_GROUP']

/** @throws Error if the text is not a whole number of 1 or more */
export function groupsAtOnce(text: string): number {
  const count = parseWhole(text)
  if (count >= 1) return count
  throw new Error(`AV_TELEMETRY_TEST_GROUPS is "${text}"; give a whole number of 1 or more.`)
}

/** Milliseconds that tests get to end after an interruption, before they are killed. */
const graceMs = 3_000

/** Number of slowest files in the summary. */
const slowestShown = 10

/** What the reporter of the tests writes (`tests/support/reporter.cjs`). */
type Summary = {
  /** Seconds of each test file, by its path in the repository. */
  readonly times: Readonly<Record<string, number>>
  readonly failures: readonly Failure[]
  /** Files with tests that did not begin because the time was over. */
  readonly late: readonly string[]
}
type Failure = { readonly file: string; readonly title: string; readonly error: string }
type Outcome = { readonly code: number; readonly report: string; readonly summary: Summary }

/**
 * Runs groups of test files, one mocha process per group, several at the same time. The first group
 * reports immediately, the others when they have ended. The failed tests are repeated at the end.
 * The last line counts all tests. If the signal
 * interrupts the tests, everything that they have started is ended.
 *
 * @param groups files or patterns of each group, relative to the repository
 * @returns the first exit code of mocha that is not 0; 130 after an interruption
 */
export async function runGroups(
  groups: readonly (readonly string[])[],
  signal: AbortSignal,
): Promise<number> {
  const folder = createTestFolder()
  const outcomes: Outcome[] = []
  const waiting = [...groups.entries()]
  const print = printerOf(groups.length)
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next && !signal.aborted; next = waiting.shift()) {
      const [index, files] = next
      const outcome = await runMocha(files, { folder, index, signal })
      if (!isAborted(signal)) print(index, outcome.report)
      outcomes.push(outcome)
    }
  }
  try {
    const later = async (): Promise<void> => {
      if (oneMoreGroupFile === undefined) return
      await waitForFile(oneMoreGroupFile, () => waiting.length > 0, signal)
      await work()
    }
    await Promise.all([...Array.from({ length: maxGroupsAtOnce }, work), later()])
  } finally {
    const left = await endTestLeftovers(folder)
    if (left.length > 0) process.stdout.write(`\nStopped what was left: ${left.join(', ')}.\n`)
  }
  if (signal.aborted) {
    process.stdout.write('\nInterrupted: the tests were not completed.\n')
    return 130
  }
  process.stdout.write(closingReport(outcomes))
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
  /** The folder of the test run. */
  readonly folder: string
  /** Of the group. The first one reports immediately. */
  readonly index: number
  readonly signal: AbortSignal
}

function runMocha(
  files: readonly string[],
  { folder, index, signal }: MochaOptions,
): Promise<Outcome> {
  const summaryFile = join(folder, `${index}.json`)
  const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js')
  const reporter = ['--reporter', 'tests/support/reporter.cjs', '-O', `summary=${summaryFile}`]
  const colour = process.stdout.isTTY ? ['--color'] : []
  const child = spawn(process.execPath, [mocha, ...reporter, ...colour, ...files], {
    cwd: root,
    env: { ...process.env, [testFolderVariable]: folder },
    // A new process group, so that Ctrl-C reaches only this process, which ends the whole group.
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let report = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    report += text
    if (index === 0) process.stdout.write(text)
  })
  const end = (name: NodeJS.Signals): void => {
    if (child.pid !== undefined) signalGroup(child.pid, name)
  }
  let kill: NodeJS.Timeout | undefined
  const interrupt = (): void => {
    end('SIGTERM')
    kill = setTimeout(end, graceMs, 'SIGKILL')
  }
  signal.addEventListener('abort', interrupt)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      signal.removeEventListener('abort', interrupt)
      clearTimeout(kill)
      end('SIGKILL')
      resolve({ code: code ?? 1, report, summary: readSummary(summaryFile) })
    })
  })
}

const isAborted = (signal: AbortSignal): boolean => signal.aborted

/** Empty if mocha ended before its tests. */
function readSummary(file: string): Summary {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Summary
  } catch {
    return { times: {}, failures: [], late: [] }
  }
}

/** The failed tests; for several groups also the slowest files and the sums of all closing lines. */
function closingReport(outcomes: readonly Outcome[]): string {
  const failures = outcomes.flatMap(({ summary }) => summary.failures)
  const slowest = outcomes.length > 1 ? ['', 'The slowest files:', ...slowestFiles(outcomes)] : []
  const failed = failures.flatMap(({ file, title, error }) => [
    `  ${file}: ${title}`,
    ...error.split('\n').map((line) => `    ${line}`),
  ])
  const late = outcomes.flatMap(({ summary }) => summary.late).map((file) => `  ${file}`)
  const lines = [
    ...slowest,
    ...(late.length > 0 ? ['', 'Tests not run, because the time was over:', ...late, ''] : []),
    ...(failures.length > 0 ? ['', 'Failed tests:', ...failed, ''] : []),
  ]
  if (lines.length === 0) return ''
  return [...lines, closingLine(outcomes), ''].join('\n')
}

function slowestFiles(outcomes: readonly Outcome[]): string[] {
  return outcomes
    .flatMap(({ summary }) => Object.entries(summary.times))
    .sort(([, left], [, right]) => right - left)
    .slice(0, slowestShown)
    .map(([file, seconds]) => `${seconds.toFixed(1).padStart(6)} s  ${file}`)
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
