import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { foldersOf } from '../../infra/local/folders.ts'
import { runningPlatform } from '../../infra/local/run-record.ts'
import { chosenHome } from '../cli/user-paths.ts'

// Prints the id of the process that runs the platform of this clone; nothing if none runs.
// Uses only Node's own modules, because the installed packages may be outdated.
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const { state } = foldersOf(root, chosenHome())
process.stdout.write(String(runningPlatform(state)?.supervisor.pid ?? ''))
