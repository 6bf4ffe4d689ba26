import * as docker from '@pulumi/docker'
import * as pulumi from '@pulumi/pulumi'
import type { PlatformConfig } from '../config/config-schema.ts'
import { buildOf, contentHash } from '../docker/images/builds.ts'
import type { Role } from '../topology/role-registry.ts'
import { roles } from '../topology/role-registry.ts'
import { kubernetesPlacement } from './placement.ts'

export type RegistryImagesArgs = {
  readonly config: PlatformConfig
  /** The platform of the nodes, e.g. `linux/amd64`. */
  readonly platform: string
  /** The clone. */
  readonly root: string
  /** The roles that run. */
  readonly roles: readonly Role[]
}

/**
 * The images in the registry. Ours are built on this machine, with its container engine, and pushed under
 * a tag that contains their content, so the nodes never use an older one.
 */
export class RegistryImages extends pulumi.ComponentResource {
  readonly #names = new Map<Role, pulumi.Output<string>>()

  constructor(
    name: string,
    args: RegistryImagesArgs,
    options: pulumi.ComponentResourceOptions = {},
  ) {
    super('av-telemetry:kubernetes:Images', name, {}, options)
    for (const role of args.roles) this.#names.set(role, this.#image(role, args))
    this.registerOutputs()
  }

  /** The image of a role's pods. */
  of(role: Role): pulumi.Output<string> {
    const name = this.#names.get(role)
    if (name === undefined) throw new Error(`there is no image for ${role}`)
    return name
  }

  #image(role: Role, { config, platform, root }: RegistryImagesArgs): pulumi.Output<string> {
    const { from, isBuilt } = roles[role].image
    if (!isBuilt) return pulumi.output(config.images[from])
    const build = buildOf(role, { config, root, placement: kubernetesPlacement() })
    const image = new docker.Image(
      `image-${role}`,
      {
        imageName: `${config.images.registry}/${role}:${contentHash(build)}`,
        build: { ...build, platform },
      },
      { parent: this },
    )
    return image.repoDigest
  }
}
