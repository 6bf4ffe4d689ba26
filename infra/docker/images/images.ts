import * as docker from '@pulumi/docker'
import * as pulumi from '@pulumi/pulumi'
import type { PlatformConfig } from '../../config/config-schema.ts'
import type { Role } from '../../topology/role-registry.ts'
import { roles } from '../../topology/role-registry.ts'
import { buildOf } from './builds.ts'
import type { Engine } from '../engine/engine.ts'
import { dockerPlacement } from '../placement.ts'
import { imageName } from './dockerfiles.ts'

export type ImagesArgs = {
  readonly config: PlatformConfig
  readonly engine: Engine
  /** The clone. */
  readonly root: string
  /** The roles that have containers. */
  readonly roles: readonly Role[]
}

/**
 * The images, each by its id: a container is replaced when the content of its image has changed, not when
 * a tag was moved. The images stay in the engine after `destroy`.
 */
export class Images extends pulumi.ComponentResource {
  readonly #ids = new Map<Role, pulumi.Output<string>>()

  constructor(name: string, args: ImagesArgs, options: pulumi.ComponentResourceOptions = {}) {
    super('av-telemetry:docker:Images', name, {}, options)
    for (const role of args.roles) this.#ids.set(role, this.#image(role, args))
    this.registerOutputs()
  }

  /** The image of a role's containers. */
  of(role: Role): pulumi.Output<string> {
    const id = this.#ids.get(role)
    if (id === undefined) throw new Error(`there is no image for ${role}`)
    return id
  }

  #image(role: Role, args: ImagesArgs): pulumi.Output<string> {
    const { from, isBuilt } = roles[role].image
    return isBuilt ? this.#built(role, args) : this.#official(role, args.config.images[from])
  }

  #official(name: string, image: string): pulumi.Output<string> {
    const args = { name: image, keepLocally: true }
    return new docker.RemoteImage(`image-${name}`, args, { parent: this }).imageId
  }

  #built(role: Role, { config, engine, root }: ImagesArgs): pulumi.Output<string> {
    const build = buildOf(role, { config, root, placement: dockerPlacement(config) })
    const args = {
      imageName: imageName(config, role),
      skipPush: true,
      build: { ...build, platform: engine.platform },
    }
    return new docker.Image(`image-${role}`, args, { parent: this }).repoDigest
  }
}
