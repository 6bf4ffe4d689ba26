import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { programName } from '../protocol.ts'
import { build } from './esbuild.ts'

/**
 * The path of the program that handler processes run. It lies beside the bundle of the worker. If the
 * worker runs from its sources, it is bundled into `folder`.
 */
export async function findProgram(folder: string): Promise<string> {
  const beside = fileURLToPath(new URL(`./${programName}.mjs`, import.meta.url))
  if (existsSync(beside)) return beside
  const outfile = join(folder, `${programName}.mjs`)
  await build({
    entryPoints: [fileURLToPath(new URL('../child/main.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: {
      js: `import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);`,
    },
    logLevel: 'silent',
  })
  return outfile
}
