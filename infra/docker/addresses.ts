import type { PlatformConfig } from '../config/config-schema.ts'
import { databaseOwner } from '../topology/database-owner.ts'

/** A line for the shell that opens psql, through the container's own socket, which asks for no password. */
export function psqlLine({ postgres }: PlatformConfig, containerName: string): string {
  return `docker exec -it ${containerName} psql -U ${databaseOwner} ${postgres.database}`
}
