import type { PlatformConfig } from '../config/config-schema.ts'
import { eventsAddress } from '../topology/addresses.ts'
import { connectionText, usesExternalPostgres } from '../topology/external/postgres.ts'
import { databaseOwner } from '../topology/logins/database-owner.ts'
import { addressInCluster } from './reached-by-cluster.ts'

/** The URL of the events for other pods of the cluster. */
export const eventsInCluster = (config: PlatformConfig): string =>
  eventsAddress(addressInCluster(config), { kind: 'containers' })

/**
 * A shell command that opens psql: through the socket in the pod, without a password. On a server of the user, psql runs
 * in a new pod and asks for the password.
 */
export function psqlLine(config: PlatformConfig): string {
  const { postgres, kubernetes, images } = config
  const kubectl = `kubectl -n ${kubernetes.namespace}`
  if (usesExternalPostgres(config)) {
    const connection = connectionText(config, undefined)
    return `${kubectl} run psql --rm -it --image=${images.postgres} -- psql "${connection}"`
  }
  return `${kubectl} exec -it postgres-0-0 -- psql -U ${databaseOwner} ${postgres.database}`
}
