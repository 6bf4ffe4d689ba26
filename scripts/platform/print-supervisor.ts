import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { foldersOf } from '../../infra/local/folders.ts'
import { runningPlatform } from '../../infra/local/run-record.ts'
import { chosenHome } from '../cli/user-paths.ts'

// Prints the number of the process that runs the platform of this clone; nothing where none does.
// On Node's own modules, because those of the packages may be older than what imports them here.
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const { state } = foldersOf(root, chosenHome())
process.stdout.write(String(runningPlatform(state)?.supervisor.pid ?? ''))
