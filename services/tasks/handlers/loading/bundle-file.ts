import { createHash } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import type { Message, Plugin } from 'esbuild'
import { build } from './esbuild.ts'

export type Bundled = {
  /** All files of the bundle that may change, with the file itself. */
  readonly inputs: readonly string[]
  readonly outcome:
    | { readonly ok: true; readonly code: Uint8Array; readonly digest: string }
    /** A sentence with file and line. */
    | { readonly ok: false; readonly fault: string }
}

/** Packages that are part of the handler process, so that bundles do not contain them. */
const provided: Plugin = {
  name: 'av-telemetry',
  setup: (build) => {
    build.onResolve({ filter: /^(av-telemetry|zod)$/ }, ({ path }) => ({
      path,
      namespace: 'av-telemetry',
    }))
    build.onLoad({ filter: /./, namespace: 'av-telemetry' }, ({ path }) => {
      const own = `globalThis[Symbol.for('av-telemetry.handlers')]`
      return { contents: `module.exports = ${own}${path === 'zod' ? '.zod' : ''}`, loader: 'js' }
    })
  },
}

/** CommonJS packages in an ES module need `require`. */
const banner = `import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);`

/**
 * Bundles a file of handlers, with what it imports.
 *
 * @param folder where the bundle will be; source maps are relative to it
 */
export async function bundleFile(file: string, folder: string): Promise<Bundled> {
  try {
    const { outputFiles, metafile } = await build({
      absWorkingDir: dirname(file),
      entryPoints: [file],
      outdir: folder,
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      sourcemap: 'inline',
      loader: { '.sql': 'text', '.csv': 'text', '.txt': 'text' },
      plugins: [provided],
      banner: { js: banner },
      logLevel: 'silent',
      // A tsconfig.json of the user is for the editor.
      tsconfigRaw: {},
    })
    const code = outputFiles[0]?.contents ?? new Uint8Array()
    const inputs = Object.keys(metafile.inputs)
      .filter((input) => !input.startsWith('av-telemetry:'))
      .map((input) => resolve(dirname(file), input))
    const digest = createHash('sha256').update(code).digest('hex').slice(0, 16)
    return { inputs: [...new Set([file, ...inputs])], outcome: { ok: true, code, digest } }
  } catch (error) {
    const messages = (error as { errors?: readonly Message[] }).errors
    if (messages === undefined) throw error
    return {
      inputs: inputsOf(file, messages),
      outcome: { ok: false, fault: describe(file, messages) },
    }
  }
}

/** The files with errors, so that the bundle is made again when one of them changes. */
function inputsOf(file: string, messages: readonly Message[]): string[] {
  const files = messages.flatMap(({ location }) =>
    location === null ? [] : [resolve(dirname(file), location.file)],
  )
  return [...new Set([file, ...files])]
}

function describe(file: string, messages: readonly Message[]): string {
  const [first] = messages
  const text = first?.text.replace(/\.$/, '') ?? 'it cannot be bundled'
  const more = messages.length > 1 ? ` There are ${messages.length - 1} more errors.` : ''
  const location = first?.location
  if (!location) return `${file}: ${text}.${more}`
  const { line, column } = location
  return `${resolve(dirname(file), location.file)}:${line}:${column + 1}: ${text}.${more}`
}
