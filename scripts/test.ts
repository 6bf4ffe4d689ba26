import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from './local-access.ts'

/**
 * What runs beside each other, as most tests wait for servers. Each lane in the order of what it
 * needs: nothing, files, real servers; the whole platform.
 */
const lanes = [['unit', 'contract', 'integration'], ['e2e']]

/** How many tests passed, failed and were skipped. */
type Figures = readonly [passed: number, failed: number, skipped: number]

/** `npm test`: all tests that need no Docker, or those of the named files. */
export async function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  if (args.length > 0) return runMocha(args, signal)
  const said: string[] = []
  const write = (line: string): boolean => process.stdout.write(`${line}\n`)
  const running = lanes.map((suites, lane) => {
    const files = suites.map((suite) => `tests/${suite}/**/*.test.ts`)
    // One is seen while it runs; what the others say follows.
    return runLane(files, signal, lane === 0 ? write : (line) => said.push(line))
  })
  const figures = await Promise.all(running)
  for (const line of said) write(line)
  const [passed, failed, skipped] = figures.reduce(added, [0, 0, 0])
  write(`${passed} passed, ${failed} failed, ${skipped} skipped`)
  return failed === 0 ? 0 : 1
}

const added = (left: Figures, right: Figures): Figures => [
  left[0] + right[0],
  left[1] + right[1],
  left[2] + right[2],
]

/** Resolves to mocha's exit code. */
export async function runMocha(files: readonly string[], signal: AbortSignal): Promise<number> {
  return exitCodeOf(startMocha(files, signal, 'inherit'))
}

/** Runs files in a process of their own and hands on what it says, but for its closing line. */
async function runLane(
  files: readonly string[],
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<Figures> {
  const mocha = startMocha(files, signal, 'pipe')
  let figures: Figures | undefined
  for (const input of [mocha.stdout, mocha.stderr]) {
    if (input === null) continue
    createInterface({ input }).on('line', (line) => {
      const closing = closingFigures(line)
      if (closing) figures = closing
      else onLine(line)
    })
  }
  const code = await exitCodeOf(mocha)
  const [passed = 0, failed = 0, skipped = 0] = figures ?? []
  // One that has broken off has failed, whatever it has counted.
  return [passed, code === 0 || failed > 0 ? failed : 1, skipped]
}

function closingFigures(line: string): Figures | undefined {
  const match = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(line)
  return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : undefined
}

function startMocha(
  files: readonly string[],
  signal: AbortSignal,
  stdio: 'inherit' | 'pipe',
): ChildProcess {
  const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js')
  const color = process.stdout.isTTY ? ['--color'] : []
  const options = ['--reporter', 'tests/support/reporter.cjs', ...color]
  const child = spawn(process.execPath, [mocha, ...options, ...files], {
    cwd: root,
    stdio: ['ignore', stdio, stdio],
  })
  signal.addEventListener('abort', () => child.kill('SIGINT'))
  return child
}

/** Once all that it has said is read. */
async function exitCodeOf(child: ChildProcess): Promise<number> {
  const [code] = (await once(child, 'close')) as [number | null]
  return code ?? 1
}
