import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
/** The cache that all clones of a user share. */
export const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'av-telemetry')
