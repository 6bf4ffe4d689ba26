import { randomBytes } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { replaceFile } from '../../services/runtime/process/replace-file.ts'
import { readTokenFile } from '../checks/token-file.ts'
import type { PlatformConfig } from '../config/config-schema.ts'
import { usesExternalPostgres } from '../topology/external/postgres.ts'
import { databaseOwner } from '../topology/logins/database-owner.ts'
import type { SecretName } from '../topology/placement.ts'
import { secretNames } from '../topology/placement.ts'
import type { Folders } from './folders.ts'

export function secretFile(folders: Folders, name: SecretName): string {
  return join(folders.secrets, name)
}

/** A password that `makeSecrets` has made. */
export function readSecret(folders: Folders, name: SecretName): string {
  return readFileSync(secretFile(folders, name), 'utf8')
}

/** Creates missing passwords, and the file from which psql reads the owner's password. */
export function makeSecrets(folders: Folders, config: PlatformConfig): void {
  for (const name of secretNames) {
    const file = secretFile(folders, name)
    // A file that was left empty by a full disk is replaced, too.
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
    if (size === 0) replaceFile(file, randomBytes(24).toString('base64url'), 0o600)
  }
  const line = passLine(folders, config)
  writeFileSync(passFile(folders), line, { mode: 0o600 })
}

function passLine(folders: Folders, config: PlatformConfig): string {
  const { postgres } = config
  if (!usesExternalPostgres(config)) {
    const password = readSecret(folders, 'owner')
    return `*:${postgres.hostPort}:*:${databaseOwner}:${password}\n`
  }
  const { port, user, passwordFile } = postgres.external
  const password = readTokenFile(resolve(folders.root, passwordFile))
  // The characters that separate the fields of a line (PostgreSQL documentation, 32.16).
  return `*:${port}:*:${user}:${password.replace(/[\\:]/g, '\\$&')}\n`
}

/** The password file of psql (PGPASSFILE). */
export function passFile(folders: Folders): string {
  return join(folders.secrets, 'pgpass')
}
