import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { PlatformConfig } from '../config/config-schema.ts'
import { shrunkClusterFaults } from '../checks/shrunk-cluster.ts'
import { mapFileFault } from '../checks/map-file.ts'
import type { RoleUserFile } from '../topology/role-file.ts'
import { userFilesOf } from '../topology/role-registry.ts'
import type { Folders } from './folders.ts'

/** Problems that would make a start fail late or damage the state: one sentence each, found before anything starts. */
export function stateFaults(
  config: PlatformConfig,
  folders: Folders,
  { startsEmpty }: { readonly startsEmpty: boolean },
): string[] {
  const faults = fileFaults(config, folders)
  if (startsEmpty) return faults
  const names = readdirSync(folders.data)
  const startEmpty = 'start empty with --fresh'
  return [...faults, ...shrunkClusterFaults(config, { names, holder: 'The state', startEmpty })]
}

function fileFaults(config: PlatformConfig, { root }: Folders): string[] {
  const given = userFilesOf(config).filter(({ path }) => path !== '')
  return given.flatMap(({ key, path, format }) => {
    const fault = faultOf[format](resolve(root, path))
    return fault === undefined ? [] : [`${key}: ${fault}`]
  })
}

/** What is wrong with a file; the check depends on its format. */
const faultOf: Readonly<Record<RoleUserFile['format'], (file: string) => string | undefined>> = {
  token: tokenFault,
  pmtiles: mapFileFault,
}

function tokenFault(file: string): string | undefined {
  const expected = 'expected a file with the bearer token'
  try {
    return hasContent(file) ? undefined : `${file} is empty; ${expected}.`
  } catch (error) {
    return `${file} cannot be read (${(error as Error).message}); ${expected}.`
  }
}

/** Whether it contains more than white space. */
function hasContent(file: string): boolean {
  return readFileSync(file, 'utf8').trim() !== ''
}
