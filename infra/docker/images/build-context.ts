import { cpSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { makePath } from '../../../services/runtime/process/make-path.mjs'
import { bundleServices } from '../../bundle/bundles.ts'
import type { Role } from '../../topology/role-registry.ts'
import { roles } from '../../topology/role-registry.ts'
import type { PackageFiles } from '../../topology/role-file.ts'
import type { GeneratedFile } from '../../topology/service-plan.ts'
import { dockerfileFolder } from './dockerfiles.ts'

/** The platform of an image, and its files besides the program. */
export type ContextFiles = {
  /** The platform that the files belong to. */
  readonly platform: string
  readonly files: readonly GeneratedFile[]
}

/** The health check of our services. */
const checkScript = 'check-service.sh'

/**
 * Writes the build context of an image: the bundle as `main.mjs`, the health check and the files that it reads. The path
 * is always the same, because Pulumi treats another path as a change. Each platform has a folder, because several may
 * be rendered at the same time.
 *
 * @param root the clone
 * @param more files of a platform
 * @returns the path
 */
export function writeBuildContext(root: string, role: Role, more?: ContextFiles): string {
  const { platform = '', files = [] } = more ?? {}
  const contexts = join(root, 'node_modules', '.cache', 'av-telemetry', 'images')
  const name = platform === '' ? role : `${role}-${platform}`
  const folder = join(contexts, name)
  const draft = join(contexts, `.${name}-${process.pid}`)
  rmSync(draft, { recursive: true, force: true })
  bundleServices(root, draft, { main: role })
  for (const packaged of roles[role].bundle?.packageFiles ?? []) copyPackageFiles(draft, packaged)
  cpSync(join(dockerfileFolder(root), checkScript), join(draft, checkScript))
  for (const file of files) writeFileSync(join(draft, file.name), file.content)
  rmSync(folder, { recursive: true, force: true })
  renameSync(draft, folder)
  return folder
}

function copyPackageFiles(context: string, packaged: PackageFiles): void {
  const manifest = createRequire(import.meta.url).resolve(`${packaged.package}/package.json`)
  const target = join(context, 'node_modules', packaged.package)
  makePath(target)
  for (const file of packaged.files) cpSync(join(dirname(manifest), file), join(target, file))
}
