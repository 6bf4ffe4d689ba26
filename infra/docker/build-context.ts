import { cpSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { bundleServices } from '../bundles.ts'
import type { Role } from '../service-plan.ts'

/** The roles whose images are made from TypeScript of ours. */
export type BundledRole = Extract<
  Role,
  'provision' | 'producer' | 'consumer' | 'dashboard' | 'fleet'
>

/** Files that the producer hands out as they are, so that no bundle can hold them. */
const swagger = {
  package: 'swagger-ui-dist',
  files: ['package.json', 'swagger-ui.css', 'swagger-ui-bundle.js'],
}

/**
 * Writes the folder that an image is built from: the bundle as `main.mjs`, and what it reads from
 * beside itself. The folder is the same each time, for Pulumi takes another one for a change.
 *
 * @param root the clone
 * @returns its path
 */
export function writeBuildContext(root: string, role: BundledRole): string {
  const contexts = join(root, 'node_modules', '.cache', 'av-telemetry', 'images')
  const folder = join(contexts, role)
  const draft = join(contexts, `.${role}-${process.pid}`)
  rmSync(draft, { recursive: true, force: true })
  bundleServices(root, draft, { main: role })
  if (role === 'producer') copySwagger(draft)
  rmSync(folder, { recursive: true, force: true })
  renameSync(draft, folder)
  return folder
}

function copySwagger(context: string): void {
  const manifest = createRequire(import.meta.url).resolve(`${swagger.package}/package.json`)
  const target = join(context, 'node_modules', swagger.package)
  mkdirSync(target, { recursive: true })
  for (const file of swagger.files) cpSync(join(dirname(manifest), file), join(target, file))
}
