import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PlatformConfig } from '../../config/config-schema.ts'
import { generatedFiles } from '../../topology/pipelines.ts'
import type { Placement } from '../../topology/placement.ts'
import type { Role } from '../../topology/role-registry.ts'
import { roles } from '../../topology/role-registry.ts'
import { writeBuildContext } from './build-context.ts'
import {
  dockerfileFolder,
  ingressDockerfile,
  objectsDockerfile,
  serviceDockerfile,
} from './dockerfiles.ts'

/** How the image of a role is built. */
export type Build = {
  /** The folder of the build context. */
  readonly context: string
  readonly dockerfile: string
  readonly args: Readonly<Record<string, string>>
}

export type BuildInput = {
  readonly config: PlatformConfig
  readonly placement: Placement
  /** The clone. */
  readonly root: string
}

/** The build of an image of ours. Writes its context. */
export function buildOf(role: Role, input: BuildInput): Build {
  const { from } = roles[role].image
  const { context, dockerfile, args } =
    from === 'haproxy'
      ? ingressBuild(input)
      : from === 'versitygw'
        ? objectsBuild(input)
        : serviceBuild(role, input)
  return { context, dockerfile, args: { ...args, PLATFORM: input.config.network.name } }
}

/** The ingress is HAProxy instead of our program. */
const ingressBuild = ({ config, root }: BuildInput): Build => ({
  context: dockerfileFolder(root),
  dockerfile: ingressDockerfile(root),
  args: { HAPROXY_IMAGE: config.images.haproxy },
})

const objectsBuild = ({ config, root }: BuildInput): Build => ({
  context: dockerfileFolder(root),
  dockerfile: objectsDockerfile(root),
  args: { VERSITYGW_IMAGE: config.images.versitygw, NODE_IMAGE: config.images.node },
})

function serviceBuild(role: Role, { config, placement, root }: BuildInput): Build {
  const files = generatedFiles(roles[role], { config, placement })
  return {
    context: writeBuildContext(root, role, { platform: config.network.name, files }),
    dockerfile: serviceDockerfile(root),
    args: { NODE_IMAGE: config.images.node },
  }
}

/** A hash of everything that an image is built from: 16 hexadecimal digits. */
export function contentHash({ context, dockerfile, args }: Build): string {
  const hash = createHash('sha256')
  hash.update(JSON.stringify(args)).update(readFileSync(dockerfile))
  const files = readdirSync(context, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  for (const file of files) hash.update(file.slice(context.length)).update(readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}
