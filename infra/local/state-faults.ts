import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { PlatformConfig } from '../config-schema.ts'
import { countFaults } from '../count-faults.ts'
import { mapFileFault } from '../map-file.ts'
import type { Folders } from './folders.ts'

/** What would make a start fail late or harm the state: a sentence each, found before anything starts. */
export function stateFaults(
  config: PlatformConfig,
  folders: Folders,
  { startsEmpty }: { readonly startsEmpty: boolean },
): string[] {
  const faults = fileFaults(config, folders)
  if (startsEmpty) return faults
  const names = readdirSync(folders.data)
  const startEmpty = 'start empty with --fresh'
  return [...faults, ...countFaults(config, { names, holder: 'The state', startEmpty })]
}

function fileFaults({ ingress, dashboard }: PlatformConfig, { root }: Folders): string[] {
  const token = 'a file with the bearer token'
  return [
    ...fileFault('ingress.tokenFile', ingress.tokenFile, { root, expected: token }),
    ...fileFault('dashboard.tokenFile', dashboard.tokenFile, { root, expected: token }),
    ...mapFaults(dashboard.pmtilesFile, root),
  ]
}

function mapFaults(path: string, root: string): string[] {
  const fault = path === '' ? undefined : mapFileFault(resolve(root, path))
  return fault === undefined ? [] : [`dashboard.pmtilesFile: ${fault}`]
}

type Wanted = { readonly root: string; readonly expected: string }

function fileFault(key: string, path: string, { root, expected }: Wanted): string[] {
  if (path === '') return []
  const file = resolve(root, path)
  try {
    if (hasContent(file)) return []
    return [`${key}: ${file} is empty; expected ${expected}.`]
  } catch (error) {
    const why = (error as Error).message
    return [`${key}: ${file} cannot be read (${why}); expected ${expected}.`]
  }
}

/** Whether there is more in it than blanks. */
function hasContent(file: string): boolean {
  return readFileSync(file, 'utf8').trim() !== ''
}
