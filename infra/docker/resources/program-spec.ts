import type * as pulumi from '@pulumi/pulumi'
import { programOf } from '../../containers/programs/index.ts'
import { memoryOf } from '../../containers/programs/program.ts'
import { roles } from '../../topology/role-registry.ts'
import type { ServicePlan } from '../../topology/service-plan.ts'
import type { ContainerContext, ContainerSpec, Mount } from './container.ts'
import { dataVolume } from './data-volume.ts'
import type { Secrets } from './secrets.ts'

export type ProgramArgs = {
  readonly surroundings: ContainerContext
  readonly image: pulumi.Input<string>
  readonly secrets: Secrets
  /** The component, which also owns the volume of the instance. */
  readonly parent: pulumi.Resource
  /** Mounts of user files. */
  readonly files?: readonly Mount[]
}

/** The container of an instance: its program, with its volume if it has one and the secrets that it reads. */
export function specOf(plan: ServicePlan, args: ProgramArgs): ContainerSpec {
  const { surroundings, image, secrets, files = [] } = args
  const program = programOf({ plan, config: surroundings.config, target: 'docker' })
  const { entrypoint, command, env, scratch } = program
  return {
    image,
    user: program.user.name,
    memoryMegabytes: memoryOf(plan),
    ...(entrypoint && { entrypoints: entrypoint }),
    ...(command && { command }),
    env,
    mounts: [
      ...volumeOf(plan, args),
      ...program.secrets.filter((name) => secrets.has(name)).map((name) => secrets.mount(name)),
      ...files,
    ],
    ...(scratch && { scratch }),
  }
}

function volumeOf({ name, role }: ServicePlan, { surroundings, parent }: ProgramArgs): Mount[] {
  const { volume } = roles[role]
  if (volume === undefined) return []
  const { name: volumeName } = dataVolume(name, surroundings.config, parent)
  return [{ volumeName, containerPath: volume.path, readOnly: false }]
}
