import type { PlatformConfig } from '../config/config-schema.ts'
import { eventsAddress } from '../topology/addresses.ts'
import { databaseOwner } from '../topology/logins/database-owner.ts'
import { addressInCluster } from './reached-by-cluster.ts'

/** The URL of the events for other pods of the cluster. */
export const eventsInCluster = (config: PlatformConfig): string =>
  eventsAddress(addressInCluster(config), { kind: 'containers' })

/** A shell command that opens psql through the socket in the pod, without a password. */
export function psqlLine({ postgres, kubernetes }: PlatformConfig): string {
  return `kubectl -n ${kubernetes.namespace} exec -it postgres-0-0 -- psql -U ${databaseOwner} ${postgres.database}`
}
