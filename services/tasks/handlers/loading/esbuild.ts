import type * as Esbuild from 'esbuild'

type Bundler = Pick<typeof Esbuild, 'build' | 'stop'>

/**
 * esbuild: the program of this platform if it is installed, otherwise its WebAssembly, which runs on any
 * platform. Images have only the latter.
 */
export async function loadEsbuild(): Promise<Bundler> {
  try {
    return await import('esbuild')
  } catch {
    // esbuild-wasm has the interface of esbuild.
    return await import('esbuild-wasm')
  }
}
