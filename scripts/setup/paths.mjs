import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
/** The cache that all clones of a user share. */
export const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'av-telemetry')

/** The versions of schemathesis and of the packages that it needs. */
export const pythonRequirements = join(root, 'scripts', 'setup', 'schemathesis.txt')
const digest = createHash('sha256').update(readFileSync(pythonRequirements)).digest('hex')
/** A virtual environment of Python with exactly these versions. */
export const schemathesisFolder = join(cache, `schemathesis-${digest.slice(0, 12)}`)
