import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { PlatformConfig } from '../config-schema.ts'
import type { Folders } from './folders.ts'

/** What would make a start fail late or harm the state: a sentence each, found before anything starts. */
export function stateFaults(
  config: PlatformConfig,
  folders: Folders,
  { startsEmpty }: { readonly startsEmpty: boolean },
): string[] {
  const faults = [...ownerFaults(folders), ...tokenFaults(config, folders)]
  return startsEmpty ? faults : [...faults, ...countFaults(config, folders)]
}

function ownerFaults({ state }: Folders): string[] {
  const [owner, self] = [statSync(state).uid, process.getuid?.()]
  if (self === undefined || owner === self) return []
  return [
    `The state in ${state} belongs to user ${owner}, this is user ${self}: start as that user, or set AV_TELEMETRY_HOME to a folder of your own.`,
  ]
}

function tokenFaults({ ingress }: PlatformConfig, { root }: Folders): string[] {
  if (ingress.tokenFile === '') return []
  const tokenFile = resolve(root, ingress.tokenFile)
  try {
    if (readFileSync(tokenFile, 'utf8').trim() !== '') return []
    return [`ingress.tokenFile: ${tokenFile} is empty; expected a file with the bearer token.`]
  } catch (error) {
    const why = (error as Error).message
    return [
      `ingress.tokenFile: ${tokenFile} cannot be read (${why}); expected a file with the bearer token.`,
    ]
  }
}

/** Brokers that are left out would take their replicas with them, ZooKeepers their majority. */
function countFaults(config: PlatformConfig, { data }: Folders): string[] {
  return (['kafka', 'zookeeper'] as const).flatMap((role) => {
    const wanted = config[role].instances
    let present = 0
    while (existsSync(join(data, `${role}-${present}`))) present += 1
    if (present <= wanted) return []
    return [
      `The state has ${present} of ${role}, ${role}.instances says ${wanted}: set it to ${present}, or start empty with --fresh.`,
    ]
  })
}
