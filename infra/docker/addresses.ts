import type { PlatformConfig } from '../config/config-schema.ts'
import { databaseOwner } from '../topology/logins/database-owner.ts'

/** A shell command that opens psql through the container's socket, without a password. */
export function psqlLine({ postgres }: PlatformConfig, containerName: string): string {
  return `docker exec -it ${containerName} psql -U ${databaseOwner} ${postgres.database}`
}
