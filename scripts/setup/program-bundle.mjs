// Bundles commands and other programs. A bundle starts in half of the time of the sources through a loader.
import { readFileSync, rmSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { KeptBuild } from '../../infra/bundle/kept-build.mjs'
import { root } from './paths.mjs'

const thisFile = fileURLToPath(import.meta.url)

/** The constant in each source that replaces `import.meta.url`. */
const sourceLocation = 'sourceLocation'

export async function bundleProgram(file) {
  const build = {
    absWorkingDir: root,
    entryPoints: [file],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outExtension: { '.js': '.mjs' },
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'silent',
    define: { 'import.meta.url': sourceLocation },
  }
  const kept = new KeptBuild(root, build)
  const folder = kept.findFolder() ?? (await makeBundle(kept, build))
  return folder === undefined ? undefined : join(folder, `${basename(file, '.ts')}.mjs`)
}

async function makeBundle(kept, build) {
  const folder = kept.makeFolder()
  if (folder === undefined) return undefined
  const since = Date.now()
  try {
    const esbuild = await import('esbuild')
    const options = { ...build, outdir: folder, metafile: true, plugins: [keepLocations] }
    const { metafile } = await esbuild.build(options).finally(() => esbuild.stop())
    const inputs = Object.keys(metafile.inputs).map((path) => resolve(root, path))
    if (kept.keep(folder, [...inputs, thisFile], since)) return folder
  } catch {
    // The loader reports an error in the sources.
  }
  rmSync(folder, { recursive: true, force: true })
  return undefined
}

/** In a bundle, `import.meta.url` of a source is still the location of the source. */
const keepLocations = {
  name: 'keep-locations',
  setup({ onLoad }) {
    onLoad({ filter: /\.(ts|mjs)$/ }, ({ path }) => {
      const location = JSON.stringify(pathToFileURL(path).href)
      // On the first line, so that the numbers of the lines stay the same.
      const constant = `const ${sourceLocation} = ${location}; `
      const loader = path.endsWith('.ts') ? 'ts' : 'js'
      return { contents: constant + readFileSync(path, 'utf8'), loader }
    })
  },
}
