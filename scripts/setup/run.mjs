// Helpers of the setup. Plain JavaScript with Node's own modules, like everything in this folder.
import { spawn } from 'node:child_process'
import { escapeControlsInLines } from '../../services/runtime/process/printable.mjs'

/** Exit code of a command that was refused because of its arguments, settings or surroundings. */
export const wrongInput = 2

/** The user must do something; the message describes it. */
export class SetupError extends Error {
  constructor(message, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

export const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => stop.abort())
// If the reader of our output closes the pipe, the platform must keep running.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

/** Interrupts the command, like Ctrl-C, when it writes and the reader of its output has closed the pipe. */
export function stopWithoutReader() {
  process.stdout.on('error', ({ code }) => {
    if (code === 'EPIPE') stop.abort()
  })
}

export function print(text) {
  process.stderr.write(`${escapeControlsInLines(text)}\n`)
}

/**
 * Runs a program to its end, in a separate process group, so that Ctrl-C does not reach it
 * directly.
 */
export function run(file, args, { isInterruptible = true, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
    })
    let output = ''
    // The first lines contain the error; later lines are advice.
    const keep = (chunk) => (output = (output + chunk).slice(0, 2000))
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const end = () => {
      if (!isInterruptible) {
        print(
          `Stopping after ${file} has finished: an interruption would leave the system half installed.`,
        )
        return
      }
      try {
        process.kill(-child.pid, 'SIGTERM')
      } catch {
        // It has ended already.
      }
    }
    stop.signal.addEventListener('abort', end)
    child.on('error', reject)
    child.on('close', (code) => {
      stop.signal.removeEventListener('abort', end)
      if (stop.signal.aborted || code === 0) resolve()
      else reject(new SetupError(`${[file, ...args].join(' ')} failed:\n${output.trim()}`))
    })
  })
}
