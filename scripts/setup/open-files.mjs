import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { SetupError, wrongInput } from './run.mjs'

/** Kafka, the services and their connections need most. The others load many source files at once. */
const leastOpenFiles = { ofPlatform: 1024, ofCommand: 256 }

/** @throws SetupError if a process may have fewer file descriptors than the command needs */
export function requireOpenFiles({ needsKafka = false }) {
  const needed = needsKafka ? leastOpenFiles.ofPlatform : leastOpenFiles.ofCommand
  const limit = limitOfOpenFiles()
  if (limit === undefined || limit >= needed) return
  throw new SetupError(
    `This command needs ${needed} file descriptors, but the limit is ${limit}; run ulimit -n ${needed} in a new shell, then run the command again.`,
    wrongInput,
  )
}

/** Node.js has raised the limit to the hard limit. Undefined if it cannot be read or is unlimited. */
function limitOfOpenFiles() {
  const [, limit] = /^Max open files +(\d+)/m.exec(readLimits()) ?? []
  return limit === undefined ? undefined : Number(limit)
}

function readLimits() {
  if (process.platform === 'linux') return readFileSync('/proc/self/limits', 'utf8')
  const { stdout } = spawnSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' })
  return `Max open files ${stdout}`
}
