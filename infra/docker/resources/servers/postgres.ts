import * as docker from '@pulumi/docker'
import * as pulumi from '@pulumi/pulumi'
import { databaseOwner } from '../../../topology/logins/database-owner.ts'
import type { ServicePlan } from '../../../topology/service-plan.ts'
import type { ContainerContext } from '../container.ts'
import { container, memoryOf, ownedBy } from '../container.ts'
import { dataVolume } from '../data-volume.ts'
import { dockerPlacement, volumePath } from '../../placement.ts'
import { limitProcesses } from '../process-limit.ts'
import type { Secrets } from '../secrets.ts'

export type PostgresArgs = {
  readonly plan: ServicePlan
  readonly surroundings: ContainerContext
  readonly image: pulumi.Input<string>
  readonly secrets: Secrets
}

/** The database, from the official image, run as the image's user for Postgres. */
export class Postgres extends pulumi.ComponentResource {
  readonly containerName: pulumi.Output<string>

  constructor(name: string, args: PostgresArgs, options: pulumi.ComponentResourceOptions = {}) {
    super('av-telemetry:docker:Postgres', name, {}, options)
    const { plan, surroundings, image, secrets } = args
    const { config } = surroundings
    const volume = dataVolume(plan.name, config, this)
    const spec = {
      image,
      user: 'postgres',
      memoryMegabytes: memoryOf(plan),
      ...accessOf(plan),
      command: ['postgres', ...settingArguments(settingsOf(plan))],
      env: {
        POSTGRES_USER: databaseOwner,
        POSTGRES_DB: config.postgres.database,
        POSTGRES_PASSWORD_FILE: dockerPlacement(config).secretFile('owner'),
        POSTGRES_INITDB_ARGS: '--auth-host=scram-sha-256 --encoding=UTF8 --locale=C',
      },
      mounts: [
        {
          volumeName: volume.name,
          containerPath: volumePath('postgres'),
          readOnly: false,
        },
        secrets.mount('owner'),
      ],
      scratch: ['/var/run/postgresql'],
    }
    const postgres = new docker.Container(
      plan.name,
      container(plan, spec, surroundings),
      ownedBy(this, [secrets]),
    )
    limitProcesses(plan.name, postgres, this)
    this.containerName = postgres.name
    this.registerOutputs({ containerName: this.containerName })
  }
}

/** In a folder that is empty after each start, so that the `pg_hba.conf` of the volume stays as it is. */
const accessFile = '/var/run/postgresql/pg_hba.conf'

/** A command that writes the file and then runs the entry point of the image. */
function accessOf({ access }: ServicePlan): { readonly entrypoints?: string[] } {
  if (access === undefined) return {}
  const lines = access.map((line) => `'${line}'`).join(' ')
  const script = `umask 077; printf '%s\\n' ${lines} > ${accessFile}; exec docker-entrypoint.sh "$@"`
  return { entrypoints: ['sh', '-c', script, 'sh'] }
}

function settingsOf({ settings, access }: ServicePlan): Readonly<Record<string, string>> {
  return { ...settings, ...(access && { hba_file: accessFile }) }
}

function settingArguments(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])
}
