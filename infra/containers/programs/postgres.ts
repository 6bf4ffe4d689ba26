import { databaseOwner } from '../../topology/logins/database-owner.ts'
import type { ServicePlan } from '../../topology/service-plan.ts'
import { secretFolder } from '../placement.ts'
import type { ContainerProgram, ProgramContext } from './program.ts'

/** The database, from the official image, run as the image's user for Postgres. */
export function postgresProgram({ plan, config }: ProgramContext): ContainerProgram {
  return {
    user: { name: 'postgres', id: 999 },
    ...accessOf(plan),
    command: ['postgres', ...settingArguments(settingsOf(plan))],
    env: {
      POSTGRES_USER: databaseOwner,
      POSTGRES_DB: config.postgres.database,
      POSTGRES_PASSWORD_FILE: `${secretFolder('owner')}/secret`,
      POSTGRES_INITDB_ARGS: '--auth-host=scram-sha-256 --encoding=UTF8 --locale=C',
    },
    secrets: ['owner'],
    scratch: ['/var/run/postgresql'],
  }
}

/** In a folder that is empty after each start, so that the `pg_hba.conf` of the volume stays as it is. */
const accessFile = '/var/run/postgresql/pg_hba.conf'

/** A command that writes the file and then runs the entry point of the image. */
function accessOf({ access }: ServicePlan): { readonly entrypoint?: string[] } {
  if (access === undefined) return {}
  const lines = access.map((line) => `'${line}'`).join(' ')
  const script = `umask 077; printf '%s\\n' ${lines} > ${accessFile}; exec docker-entrypoint.sh "$@"`
  return { entrypoint: ['sh', '-c', script, 'sh'] }
}

function settingsOf({ settings, access }: ServicePlan): Readonly<Record<string, string>> {
  return { ...settings, ...(access && { hba_file: accessFile }) }
}

function settingArguments(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])
}
