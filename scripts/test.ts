import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from './local-access.ts'

/** In the order of what they need: nothing, files, real servers, the whole platform. */
const suites = ['unit', 'contract', 'integration', 'e2e']

/** `npm test`: all tests that need no Docker, or those of the named files. */
export function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  const files = args.length > 0 ? args : suites.map((suite) => `tests/${suite}/**/*.test.ts`)
  return runMocha(files, signal)
}

/** Resolves to mocha's exit code. */
export function runMocha(files: readonly string[], signal: AbortSignal): Promise<number> {
  const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js')
  const options = ['--reporter', 'tests/support/reporter.cjs']
  const child = spawn(process.execPath, [mocha, ...options, ...files], {
    cwd: root,
    stdio: 'inherit',
  })
  signal.addEventListener('abort', () => child.kill('SIGINT'))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      resolve(code ?? 1)
    })
  })
}
