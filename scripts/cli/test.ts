import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../local-access.ts'

/**
 * Lanes run side by side: tests mostly wait for servers to come back. The first in the order of
 * what its tests need: nothing, files, real servers; the second starts whole platforms.
 */
const lanes = { first: ['unit', 'contract', 'integration'], beside: ['e2e'] }

/** `npm test`: all tests that need no Docker, or those of the named files. */
export function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  const filesOf = (suites: readonly string[]) =>
    suites.map((suite) => `tests/${suite}/**/*.test.ts`)
  const all = [filesOf(lanes.first), filesOf(lanes.beside)] as const
  return runMocha(args.length > 0 ? [args] : all, signal)
}

/**
 * Runs lanes of test files side by side; the first reports at once, the others when it has ended.
 * The last line counts the tests of all.
 *
 * @returns the first exit code of mocha that is not 0
 */
export async function runMocha(
  [files, ...filesBeside]: readonly [readonly string[], ...(readonly string[])[]],
  signal: AbortSignal,
): Promise<number> {
  const first = runLane(files, true, signal)
  const others = filesBeside.map((lane) => runLane(lane, false, signal))
  const outcomes = [await first]
  if (others.length > 0) process.stdout.write('The tests of whole platforms go on ...\n')
  for (const other of others) {
    const outcome = await other
    process.stdout.write(outcome.report)
    outcomes.push(outcome)
  }
  if (outcomes.length > 1)
    process.stdout.write(`${closingLine(outcomes.map(({ report }) => report))}\n`)
  return outcomes.find(({ code }) => code !== 0)?.code ?? 0
}

type Outcome = { readonly code: number; readonly report: string }

function runLane(
  files: readonly string[],
  reportsAtOnce: boolean,
  signal: AbortSignal,
): Promise<Outcome> {
  const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js')
  const options = ['--reporter', 'tests/support/reporter.cjs']
  if (process.stdout.isTTY) options.push('--color')
  const child = spawn(process.execPath, [mocha, ...options, ...files], {
    cwd: root,
    stdio: ['inherit', 'pipe', 'inherit'],
  })
  let report = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    report += text
    if (reportsAtOnce) process.stdout.write(text)
  })
  signal.addEventListener('abort', () => child.kill('SIGINT'))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      resolve({ code: code ?? 1, report })
    })
  })
}

/** The closing lines of the reports, added up. A lane that has none has failed before its tests. */
function closingLine(reports: readonly string[]): string {
  const counts = reports.map((report) => {
    const line = /(\d+) passed, (\d+) failed, (\d+) skipped\n$/.exec(report)
    return line ? line.slice(1).map(Number) : [0, 1, 0]
  })
  const [passed, failed, skipped] = [0, 1, 2].map((at) =>
    counts.reduce((sum, lane) => sum + (lane[at] ?? 0), 0),
  )
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}
