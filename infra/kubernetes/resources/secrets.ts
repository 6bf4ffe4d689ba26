import * as core from '@pulumi/kubernetes/core/v1/index.js'
import * as pulumi from '@pulumi/pulumi'
import * as random from '@pulumi/random'
import { secretNames } from '../../topology/placement.ts'
import { secretObject } from '../names.ts'
import type { ClusterContext } from './context.ts'
import { metadataOf } from './context.ts'

export type ClusterSecretsArgs = {
  readonly context: ClusterContext
  /** The bearer tokens and keys of the user by the name of their secret; undefined if none is configured. */
  readonly tokens: Readonly<Record<string, string | undefined>>
  /** The names of random keys, for a server whose keys the user does not configure. */
  readonly generatedKeyNames: readonly string[]
  /** Passwords that the cluster has, also from a destroyed platform, by the name of their secret. */
  readonly keptPasswords: Readonly<Record<string, string>>
}

/**
 * The passwords and tokens, each a Secret object. A pod mounts only those that it reads. They are
 * encrypted in Pulumi's state. A kept password is used again, because it belongs to the kept data. With
 * `postgres.keepData` the passwords stay after `destroy`, but not the tokens and keys of the user.
 */
export class ClusterSecrets extends pulumi.ComponentResource {
  readonly #objects = new Map<string, core.Secret>()
  readonly #tokens: readonly string[]

  constructor(
    name: string,
    args: ClusterSecretsArgs,
    options: pulumi.ComponentResourceOptions = {},
  ) {
    super('av-telemetry:kubernetes:Secrets', name, {}, options)
    const { context, tokens, generatedKeyNames, keptPasswords } = args
    const given = Object.entries(tokens).flatMap(([secret, token]) =>
      token === undefined ? [] : [[secret, pulumi.secret(token)] as const],
    )
    this.#tokens = given.map(([secret]) => secret)
    const generated = [...secretNames, ...generatedKeyNames].map((secret) => {
      const args = { length: 32, special: false }
      const { result } = new random.RandomPassword(`password-${secret}`, args, { parent: this })
      const keptPassword = keptPasswords[secret]
      return [secret, keptPassword === undefined ? result : pulumi.secret(keptPassword)] as const
    })
    const { keepData } = context.config.postgres
    for (const [secret, content] of [...generated, ...given]) {
      const object = new core.Secret(
        secretObject(secret),
        { metadata: metadataOf(secretObject(secret), context), stringData: { secret: content } },
        { parent: this, retainOnDelete: keepData && !this.#tokens.includes(secret) },
      )
      this.#objects.set(secret, object)
    }
    this.registerOutputs()
  }

  has(secret: string): boolean {
    return this.#objects.has(secret)
  }

  /** The name of the Secret object. */
  objectOf(secret: string): pulumi.Output<string> {
    const object = this.#objects.get(secret)
    if (object === undefined) throw new Error(`there is no secret ${secret}`)
    return object.metadata.name
  }

  /**
   * Annotations of a pod that change when a token that it reads changes, because services read tokens at
   * the start. The pod is then replaced.
   */
  versionsFor(names: readonly string[]): Record<string, pulumi.Output<string>> {
    const read = this.#tokens.filter((token) => names.includes(token))
    return Object.fromEntries(
      read.map((token) => [
        `av-telemetry/version-of-${token}`,
        this.#objects.get(token)?.metadata.resourceVersion ?? pulumi.output(''),
      ]),
    )
  }
}
