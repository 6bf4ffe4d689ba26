import * as docker from '@pulumi/docker'
import * as pulumi from '@pulumi/pulumi'
import type { PlatformConfig } from '../config-schema.ts'
import type { BundledRole } from './build-context.ts'
import { writeBuildContext } from './build-context.ts'
import type { Engine } from './engine.ts'
import { imageName, ingressRecipe, recipeFolder, serviceRecipe } from './recipes.ts'

export type ImagesArgs = {
  readonly config: PlatformConfig
  readonly engine: Engine
  /** The clone. */
  readonly root: string
}

/**
 * The images, each by its id: a container is replaced when what is in its image has changed, and
 * not when somebody has moved a tag. All of them stay in the engine when the platform goes.
 */
export class Images extends pulumi.ComponentResource {
  readonly postgres: pulumi.Output<string>
  readonly zookeeper: pulumi.Output<string>
  readonly kafka: pulumi.Output<string>
  readonly provision: pulumi.Output<string>
  readonly producer: pulumi.Output<string>
  readonly consumer: pulumi.Output<string>
  readonly ingress: pulumi.Output<string>
  readonly dashboard: pulumi.Output<string>

  constructor(name: string, args: ImagesArgs, options: pulumi.ComponentResourceOptions = {}) {
    super('av-telemetry:docker:Images', name, {}, options)
    const { images } = args.config
    this.postgres = this.#official('postgres', images.postgres)
    this.zookeeper = this.#official('zookeeper', images.zookeeper)
    this.kafka = this.#official('kafka', images.kafka)
    this.provision = this.#service('provision', args)
    this.producer = this.#service('producer', args)
    this.consumer = this.#service('consumer', args)
    this.ingress = this.#built('ingress', args, {
      context: recipeFolder(args.root),
      dockerfile: ingressRecipe(args.root),
      args: { HAPROXY_IMAGE: images.haproxy },
    })
    this.dashboard = this.#service('dashboard', args)
    this.registerOutputs()
  }

  #official(name: string, image: string): pulumi.Output<string> {
    const args = { name: image, keepLocally: true }
    return new docker.RemoteImage(`image-${name}`, args, { parent: this }).imageId
  }

  #service(role: BundledRole, args: ImagesArgs): pulumi.Output<string> {
    return this.#built(role, args, {
      context: writeBuildContext(args.root, role),
      dockerfile: serviceRecipe(args.root),
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
      build: { ...build, platform: engine.platform },
    }
    return new docker.Image(`image-${name}`, args, { parent: this }).repoDigest
  }
}
