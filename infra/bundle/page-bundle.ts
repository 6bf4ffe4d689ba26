import { cpSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { makePath } from '../../services/runtime/process/make-path.mjs'
import { buildInto } from './build-cache.ts'

const source = 'services/dashboard/page'

/** Entry points for esbuild: `main.ts` becomes `/main.js`, with chunks beside it. */
const entryPoints = ['main.ts', 'main.css']
/** Files that are served unchanged. */
const ownFiles = ['index.html', 'static']

/** Files of packages that are served unchanged below `/vendor`. All others are part of the bundle. */
const vendorFiles = [
  // The map loads it by its URL: setWorkerUrl('/vendor/maplibre-gl-worker.mjs').
  { name: 'maplibre-gl', file: 'dist/maplibre-gl-worker.mjs' },
  { name: 'world-atlas', file: 'countries-50m.json' },
  { name: '@fontsource-variable/inter', file: 'files/inter-latin-wght-normal.woff2' },
]

/**
 * Builds the dashboard's page: the folder whose files the service serves.
 *
 * @param root the clone
 * @param target folder for the files
 */
export function bundlePage(root: string, target: string): void {
  rmSync(target, { recursive: true, force: true })
  makePath(join(target, 'vendor'))
  buildInto(root, target, {
    absWorkingDir: join(root, source),
    entryPoints,
    bundle: true,
    splitting: true,
    external: ['/vendor/*'],
    minify: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    legalComments: 'linked',
    logLevel: 'error',
  })
  for (const name of ownFiles) {
    cpSync(join(root, source, name), join(target, name), { recursive: true })
  }
  const { resolve } = createRequire(join(root, 'package.json'))
  for (const { name, file } of vendorFiles) {
    const manifest = resolve(`${name}/package.json`)
    cpSync(join(dirname(manifest), file), join(target, 'vendor', file.replace(/^.*\//, '')))
  }
}
