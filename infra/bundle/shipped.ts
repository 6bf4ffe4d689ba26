import { cpSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { buildInto } from './build-cache.ts'

/**
 * Copies what a service ships into the folder `shipped` beside its bundle. Files of handlers are bundled
 * with the packages that they import, because an image has no packages.
 *
 * @param root the clone
 * @param source folder, relative to the clone
 * @param target folder of the bundles
 */
export function bundleShipped(root: string, source: string, target: string): void {
  const from = join(root, source)
  const to = join(target, 'shipped')
  for (const folder of readdirSync(from)) {
    if (folder !== 'handlers') cpSync(join(from, folder), join(to, folder), { recursive: true })
  }
  const handlers = join(from, 'handlers')
  if (!existsSync(handlers)) return
  buildInto(root, join(to, 'handlers'), {
    absWorkingDir: root,
    entryPoints: readdirSync(handlers)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(handlers, name)),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['av-telemetry', 'zod'],
    loader: { '.sql': 'text', '.csv': 'text', '.txt': 'text' },
    tsconfigRaw: {},
    logLevel: 'error',
  })
}
