import { resolve } from 'node:path'
import { readTokenFile } from '../../infra/checks/token-file.ts'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { describeDurability } from '../../infra/config/external/postgres-guarantee.ts'
import type { RolePasswords } from '../../services/adapters/postgres/driver/migrate.ts'
import { checkServer } from '../../services/adapters/postgres/external/check-server.ts'
import { ownerSettings } from '../platform/database.ts'
import { root } from '../platform/paths.ts'
import type { Checked, Finding } from './finding.ts'

/** Asks Postgres for each right that the platform needs. Changes nothing. */
export async function checkPostgres(config: PlatformConfig): Promise<Checked> {
  const { external } = config.postgres
  const password = readTokenFile(resolve(root, external.passwordFile))
  const postgres = ownerSettings(config, password)
  try {
    const wanted = { postgres, givenPasswords: givenPasswords(config) }
    const { findings, durability } = await checkServer(wanted)
    return {
      findings: findings.map((finding) => ({ server: 'Postgres' as const, ...finding })),
      notes: durability === undefined ? [] : describeDurability(durability),
    }
  } catch (error) {
    const reason = (error as Error).message.replace(/\.?$/, '.')
    const finding: Finding = {
      server: 'Postgres',
      right: `a connection to ${external.host}:${external.port}`,
      isAllowed: false,
      remedy: `${reason} The rights are checked when it works.`,
    }
    return { findings: [finding], notes: [] }
  }
}

/** The passwords of the roles that an administrator has made; undefined if the platform makes the roles. */
function givenPasswords({ postgres }: PlatformConfig): RolePasswords | undefined {
  const { given, ...files } = postgres.external.roles
  if (!given) return undefined
  const read = (file: string): string => readTokenFile(resolve(root, file))
  return {
    writer: read(files.writerPasswordFile),
    worker: read(files.workerPasswordFile),
    operator: read(files.operatorPasswordFile),
    reader: read(files.readerPasswordFile),
  }
}
