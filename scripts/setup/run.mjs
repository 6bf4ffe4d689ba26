// What the set-up is made of. Plain JavaScript on Node's own modules, as all in this folder.
import { spawn } from 'node:child_process'

/** Something a person has to do; its message is the sentence that says what. */
export class SetupError extends Error {}

export const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => stop.abort())
// A reader of our output that goes away must not take the platform with it.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

export function say(text) {
  process.stderr.write(`${text}\n`)
}

/** Runs a program to its end, in a process group of its own so that our signals decide. */
export function run(file, args, { isInterruptible = true, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
    })
    let output = ''
    // The first lines say what is wrong; what follows is advice.
    const keep = (chunk) => (output = (output + chunk).slice(0, 2000))
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const end = () => {
      if (!isInterruptible) {
        say(`Letting ${file} finish, as it would leave the system half installed; then stopping.`)
        return
      }
      try {
        process.kill(-child.pid, 'SIGTERM')
      } catch {
        // It has ended by itself.
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
