import { addressText } from './addresses.ts'
import type { PlatformConfig } from '../config/config-schema.ts'
import type { Placement } from './placement.ts'
import { eachInstance, roleNames, roles, runsIn, sortRoles } from './role-registry.ts'
import type { RoleFile } from './role-file.ts'

/** The instances that the dashboard watches, in the form of `WATCHED_SERVICES`. */
export function watchedServices(config: PlatformConfig, placement: Placement): string {
  const watched = sortRoles(roleNames, 'health').flatMap((name) =>
    watchedInstances(roles[name], config, placement),
  )
  return watched.join(',')
}

function watchedInstances(role: RoleFile, config: PlatformConfig, placement: Placement): string[] {
  const { name, watch } = role
  if (watch === undefined || !runsIn(role, config, placement.kind)) return []
  return eachInstance(role, config, (instance) => {
    const address = addressText(placement.reach(name, instance, watch.port))
    return `${name}-${instance}=${address}${watch.path(config)}`
  })
}
