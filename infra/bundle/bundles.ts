import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { makePath } from '../../services/runtime/process/make-path.mjs'
import { UserError } from '../checks/user-error.ts'
import { buildInto } from './build-cache.ts'
import { bundlePage } from './page-bundle.ts'
import { bundleShipped } from './shipped.ts'
import type { Role } from '../topology/role-registry.ts'
import { roleNames, roles } from '../topology/role-registry.ts'

/** The folder of the SQL files. A bundle that uses Postgres reads a copy of them beside itself. */
const sqlSource = 'services/adapters/postgres'

/** CommonJS packages in an ES module need `require`. */
const banner = `import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);`

/** Each of our services by the name of its role. */
const allByRole = Object.fromEntries(
  roleNames.filter((role) => roles[role].bundle !== undefined).map((role) => [role, role]),
)

/**
 * Bundles our services into one file each. They start in half the time and with half the memory of
 * the sources through a loader.
 *
 * @param root the clone
 * @param target folder for the bundles
 * @param outputs roles by the name of their bundle
 */
export function bundleServices(
  root: string,
  target: string,
  outputs: Readonly<Record<string, Role>> = allByRole,
): void {
  const inputs = Object.entries(outputs).map(([out, role]) => [out, roles[role].bundle?.main ?? ''])
  const bundles = Object.values(outputs).map((role) => roles[role].bundle)
  const more = bundles.map((bundle) => bundle?.programs ?? {})
  const programs = Object.assign({}, Object.fromEntries(inputs), ...more) as Record<string, string>
  bundlePrograms(root, target, programs)
  if (bundles.some((bundle) => bundle?.hasPage)) bundlePage(root, join(target, 'page'))
  for (const bundle of bundles) if (bundle?.shipped) bundleShipped(root, bundle.shipped, target)
  if (!bundles.some((bundle) => bundle?.hasSql)) return
  copySqlFiles(join(root, sqlSource), target)
}

/** Bundles programs into one file each. `programs` has the entry points by bundle name, relative to the clone. */
export function bundlePrograms(
  root: string,
  target: string,
  programs: Readonly<Record<string, string>>,
): void {
  makeTarget(root, target)
  buildInto(root, target, {
    absWorkingDir: root,
    entryPoints: Object.entries(programs).map(([out, file]) => ({ in: file, out })),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // The worker bundles handlers. The packages are used as they are, because they start programs.
    external: ['esbuild', 'esbuild-wasm'],
    sourcemap: true,
    // Stack traces need only names and lines. With the sources the files would be twice as large.
    sourcesContent: false,
    // Node.js keeps the text of the bundle in memory, as two bytes a character if a comment is not ASCII.
    minifyWhitespace: true,
    logLevel: 'error',
    banner: { js: banner },
  })
}

function copySqlFiles(source: string, target: string): void {
  const files = readdirSync(source, { encoding: 'utf8', recursive: true })
  for (const file of files.filter((name) => name.endsWith('.sql'))) {
    cpSync(join(source, file), join(target, file))
  }
}

export function bundleOf(role: Role, target: string): string {
  return join(target, `${role}.mjs`)
}

function makeTarget(root: string, target: string): void {
  try {
    makePath(target)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
    throw new UserError(
      `The bundles of the services cannot be written to ${target}. Start as the owner of the clone ${root}, or from your own clone.`,
    )
  }
}
