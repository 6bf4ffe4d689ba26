import * as docker from '@pulumi/docker'
import * as pulumi from '@pulumi/pulumi'
import type { PlatformConfig } from '../../config/config-schema.ts'
import { generatedFiles } from '../../topology/pipelines.ts'
import type { Role } from '../../topology/role-registry.ts'
import { roles } from '../../topology/role-registry.ts'
import { writeBuildContext } from './build-context.ts'
import type { Engine } from '../engine/engine.ts'
import { dockerPlacement } from '../placement.ts'
import {
  dockerfileFolder,
  imageName,
  ingressDockerfile,
  objectsDockerfile,
  serviceDockerfile,
} from './dockerfiles.ts'

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
    if (!isBuilt) return this.#official(role, args.config.images[from])
    if (from === 'haproxy') return this.#ingress(role, args)
    if (from === 'versitygw') return this.#objects(role, args)
    return this.#service(role, args)
  }

  /** The ingress is HAProxy instead of our program. */
  #ingress(role: Role, args: ImagesArgs): pulumi.Output<string> {
    return this.#built(role, args, {
      context: dockerfileFolder(args.root),
      dockerfile: ingressDockerfile(args.root),
      args: { HAPROXY_IMAGE: args.config.images.haproxy },
    })
  }

  #objects(role: Role, args: ImagesArgs): pulumi.Output<string> {
    const { versitygw, node } = args.config.images
    return this.#built(role, args, {
      context: dockerfileFolder(args.root),
      dockerfile: objectsDockerfile(args.root),
      args: { VERSITYGW_IMAGE: versitygw, NODE_IMAGE: node },
    })
  }

  #official(name: string, image: string): pulumi.Output<string> {
    const args = { name: image, keepLocally: true }
    return new docker.RemoteImage(`image-${name}`, args, { parent: this }).imageId
  }

  #service(role: Role, args: ImagesArgs): pulumi.Output<string> {
    const { config } = args
    const files = generatedFiles(roles[role], { config, placement: dockerPlacement(config) })
    return this.#built(role, args, {
      context: writeBuildContext(args.root, role, { platform: config.network.name, files }),
      dockerfile: serviceDockerfile(args.root),
      args: { NODE_IMAGE: args.config.images.node },
    })
  }

  #built(
    name: string,
    { config, engine }: ImagesArgs,
    build: { context: string; dockerfile: string; args: Record<string, string> },
  ): pulumi.Output<string> {
    const args = {
      imageName: imageName(config, name),
      skipPush: true,
      build: {
        ...build,
        args: { ...build.args, PLATFORM: config.network.name },
        platform: engine.platform,
      },
    }
    return new docker.Image(`image-${name}`, args, { parent: this }).repoDigest
  }
}
