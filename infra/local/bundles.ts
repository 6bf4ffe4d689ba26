import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import type { Role } from '../service-plan.ts'

/** The services that are ours, and where each begins. */
const entryPoints: Partial<Record<Role, string>> = {
  provision: 'services/provision/main.ts',
  producer: 'services/producer/main.ts',
  consumer: 'services/consumer/main.ts',
  ingress: 'services/ingress/main.ts',
  fleet: 'fleet/main.ts',
}

/** What a bundle reads from beside itself. */
const filesBeside = ['services/adapters/postgres/sql', 'services/adapters/postgres/migrations']

/** CommonJS packages in an ES module ask for `require`. */
const banner = `import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);`

/**
 * Bundles our services, one file each: they start in half the time and with half the memory of
 * the sources through a loader.
 */
export function bundleServices(root: string, target: string): void {
  mkdirSync(target, { recursive: true })
  buildSync({
    absWorkingDir: root,
    entryPoints: Object.entries(entryPoints).map(([out, input]) => ({ in: input, out })),
    outdir: target,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    logLevel: 'error',
    banner: { js: banner },
  })
  for (const folder of filesBeside) {
    cpSync(join(root, folder), join(target, folder.slice(folder.lastIndexOf('/') + 1)), {
      recursive: true,
    })
  }
}

export function bundleOf(role: Role, target: string): string {
  return join(target, `${role}.mjs`)
}
