import { readdirSync } from 'node:fs'
import type { PlatformConfig } from '../config/config-schema.ts'
import { lostDatabaseFaults } from '../checks/lost-database.ts'
import { shrunkClusterFaults } from '../checks/shrunk-cluster.ts'
import type { Folders } from './folders.ts'

/** Problems that would make a start fail late or damage the state: one sentence each, found before anything starts. */
export function stateFaults(
  config: PlatformConfig,
  folders: Folders,
  { startsEmpty }: { readonly startsEmpty: boolean },
): string[] {
  if (startsEmpty) return []
  const names = readdirSync(folders.data)
  const startEmpty = 'start empty with --fresh'
  const existing = { names, holder: 'The state', startEmpty }
  return [...shrunkClusterFaults(config, existing), ...lostDatabaseFaults(config, existing)]
}
