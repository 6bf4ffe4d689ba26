import * as docker from '@pulumi/docker'
import * as pulumi from '@pulumi/pulumi'
import { bucketKeys } from '../../../topology/environment.ts'
import type { ServicePlan } from '../../../topology/service-plan.ts'
import { ourUser } from '../../images/dockerfiles.ts'
import { secretFolder, volumePath } from '../../placement.ts'
import type { ContainerContext } from '../container.ts'
import { container, memoryOf, ownedBy } from '../container.ts'
import { dataVolume } from '../data-volume.ts'
import { limitProcesses } from '../process-limit.ts'
import type { Secrets } from '../secrets.ts'

export type ObjectsArgs = {
  readonly plan: ServicePlan
  readonly surroundings: ContainerContext
  readonly image: pulumi.Input<string>
  readonly secrets: Secrets
}

/** The S3 server, versitygw. It keeps the bucket in a volume, with the metadata in extended attributes. */
export class Objects extends pulumi.ComponentResource {
  constructor(name: string, args: ObjectsArgs, options: pulumi.ComponentResourceOptions = {}) {
    super('av-telemetry:docker:Objects', name, {}, options)
    const { plan, surroundings, image, secrets } = args
    const { config } = surroundings
    const volume = dataVolume(plan.name, config, this)
    const folder = volumePath('objects')
    const spec = {
      image,
      user: ourUser,
      memoryMegabytes: memoryOf(plan),
      entrypoints: ['sh', '-c', script, 'sh'],
      command: ['posix', folder],
      env: plan.env,
      mounts: [
        { volumeName: volume.name, containerPath: folder, readOnly: false },
        ...bucketKeys(config).map((key) => secrets.mount(key.name)),
      ],
      aliases: [plan.role],
    }
    const server = new docker.Container(
      plan.name,
      container(plan, spec, surroundings),
      ownedBy(this, [secrets]),
    )
    limitProcesses(plan.name, server, this)
    this.registerOutputs()
  }
}

const keyFile = (name: string): string => `${secretFolder(name)}/secret`

/**
 * versitygw reads its keys from environment variables. The shell sets them, because the engine shows the
 * environment of a container. `exec` replaces the shell, so that versitygw gets SIGTERM.
 */
const script = [
  'umask 077',
  `ROOT_ACCESS_KEY=$(cat ${keyFile('s3-access-key')})`,
  `ROOT_SECRET_KEY=$(cat ${keyFile('s3-secret-key')})`,
  'export ROOT_ACCESS_KEY ROOT_SECRET_KEY',
  'exec versitygw "$@"',
].join(' && ')
