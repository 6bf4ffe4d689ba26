import * as docker from '@pulumi/docker'
import * as pulumi from '@pulumi/pulumi'
import * as random from '@pulumi/random'
import type { Tokens } from '../../checks/read-tokens.ts'
import { secretFolder } from '../../containers/placement.ts'
import { ourUser } from '../../containers/programs/program.ts'
import { secretNames } from '../../topology/placement.ts'
import type { Mount, ContainerContext } from './container.ts'
import { container, expectSuccess, ownedBy } from './container.ts'
import { dataVolume } from './data-volume.ts'

export type SecretsArgs = {
  readonly surroundings: ContainerContext
  /** An image with a shell in which our user owns the secret folders. */
  readonly image: pulumi.Input<string>
  readonly tokens: Tokens
  /** The names of random keys, for a server whose keys the user does not configure. */
  readonly generatedKeyNames: readonly string[]
}

/**
 * The passwords and tokens, each a file in its own volume, so a service sees only its own. They are
 * encrypted in Pulumi's state and are in no image, environment or output. A container that runs once
 * writes the files and keeps no copy. An existing password is kept, because it belongs to the kept data.
 */
export class Secrets extends pulumi.ComponentResource {
  readonly #volumes = new Map<string, docker.Volume>()
  readonly #tokens: Tokens

  constructor(name: string, args: SecretsArgs, options: pulumi.ComponentResourceOptions = {}) {
    super('av-telemetry:docker:Secrets', name, {}, options)
    const { surroundings, image, tokens, generatedKeyNames } = args
    this.#tokens = tokens
    const contents = new Map<string, pulumi.Input<string>>()
    for (const secret of [...secretNames, ...generatedKeyNames])
      contents.set(secret, this.#password(secret))
    for (const [name, token] of Object.entries(tokens)) {
      if (token !== undefined) contents.set(name, pulumi.secret(token))
    }
    for (const secret of contents.keys()) {
      this.#volumes.set(secret, dataVolume(`secret-${secret}`, surroundings.config, this))
    }
    const spec = {
      image,
      user: ourUser.name,
      memoryMegabytes: 64,
      command: ['sh', '-c', writeSecrets],
      mounts: [...contents.keys()].map((secret) => this.mount(secret, { readOnly: false })),
      // Into the volume, because this container still exists after it has ended, with its file system.
      uploads: [...contents].map(([secret, content]) => ({
        file: `${secretFolder(secret)}/incoming`,
        content,
      })),
    }
    const plan = {
      name: 'secrets',
      role: 'provision',
      instance: 0,
      ready: { kind: 'exit' },
    } as const
    expectSuccess(
      new docker.Container('secrets', container(plan, spec, surroundings), ownedBy(this, [])),
    )
    this.registerOutputs()
  }

  has(secret: string): boolean {
    return this.#volumes.has(secret)
  }

  /** Changes when a token changes. */
  versionOf(name: string): pulumi.Output<string> {
    return pulumi.secret(this.#tokens[name] ?? '')
  }

  /** The mount of a secret's volume in a service that reads it. */
  mount(secret: string, { readOnly } = { readOnly: true }): Mount {
    const volume = this.#volumes.get(secret)
    if (!volume) throw new Error(`there is no secret ${secret}`)
    return { volumeName: volume.name, containerPath: secretFolder(secret), readOnly }
  }

  #password(secret: string): pulumi.Output<string> {
    const args = { length: 32, special: false }
    return new random.RandomPassword(`password-${secret}`, args, { parent: this }).result
  }
}

/**
 * Each file is written under another name and then renamed, so it is never incomplete. The uploaded file
 * is removed. Names of user secrets end in `token` or `key`.
 */
const writeSecrets = `set -eu
for incoming in /run/secrets/*/incoming; do
  [ -e "$incoming" ] || continue
  folder=$(dirname "$incoming")
  case $folder in *token | *key) isRenewed=yes ;; *) isRenewed=no ;; esac
  if [ "$isRenewed" = yes ] || [ ! -s "$folder/secret" ]; then
    cp "$incoming" "$folder/draft"
    chmod 0444 "$folder/draft"
    mv -f "$folder/draft" "$folder/secret"
  fi
  rm -f "$incoming"
done`
