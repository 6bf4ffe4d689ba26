import { resolve } from 'node:path'
import type { PlatformConfig } from '../config/config-schema.ts'
import { connectionText } from '../topology/external/postgres.ts'
import { databaseOwner } from '../topology/logins/database-owner.ts'

/** A shell command that opens psql through the container's socket, without a password. */
export function psqlLine({ postgres }: PlatformConfig, containerName: string): string {
  return `docker exec -it ${containerName} psql -U ${databaseOwner} ${postgres.database}`
}

/**
 * A shell command that opens psql on the server of the user, in a new container. psql asks for the password.
 *
 * @param root the clone
 */
export function externalPsqlLine(config: PlatformConfig, root: string): string {
  const { authorityFile } = config.postgres.external.tls
  const inContainer = '/authorities.pem'
  const mount =
    authorityFile === '' ? '' : ` -v "${resolve(root, authorityFile)}:${inContainer}:ro"`
  const connection = connectionText(config, authorityFile === '' ? undefined : inContainer)
  return `docker run --rm -it${mount} ${config.images.postgres} psql "${connection}"`
}
