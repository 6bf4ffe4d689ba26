import type * as Esbuild from 'esbuild'

type Bundler = Pick<typeof Esbuild, 'build' | 'stop'>

/**
 * esbuild: the program of this platform if it is installed, otherwise its WebAssembly, which runs on any
 * platform. Images have only the latter.
 */
async function loadEsbuild(): Promise<Bundler> {
  try {
    return await import('esbuild')
  } catch {
    // esbuild-wasm has the interface of esbuild.
    return await import('esbuild-wasm')
  }
}

/** Builds with esbuild. If its process has ended, for example because memory was short, it is started again. */
export const build: typeof Esbuild.build = async (options) => {
  const esbuild = await loadEsbuild()
  try {
    return await esbuild.build(options)
  } catch (error) {
    if (!hasEnded(error)) throw error
    // Otherwise esbuild refuses all further builds.
    await esbuild.stop()
    return esbuild.build(options)
  }
}

/** Whether the process of esbuild has ended, during a build or before. */
function hasEnded(error: unknown): boolean {
  const text = error instanceof Error ? error.message : ''
  return /The service (was stopped|is no longer running)/.test(text)
}
