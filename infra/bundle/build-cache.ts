import { cpSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import type { BuildOptions } from 'esbuild'
import { buildSync } from 'esbuild'
import { KeptBuild } from './kept-build.mjs'

/** A build of esbuild that writes files. */
export type Build = Omit<BuildOptions, 'outdir' | 'write' | 'metafile'> & {
  readonly absWorkingDir: string
}

/**
 * Bundles into a folder. If no input has changed since the last build with the same options, it only copies
 * the files of that build. Otherwise it builds, and keeps the files.
 *
 * @param root the clone. Its `node_modules` keeps the last build of each combination of options
 * @param target existing folder for the files
 * @throws BuildFailure of esbuild
 */
export function buildInto(root: string, target: string, build: Build): void {
  const kept = new KeptBuild(root, build)
  if (copyTo(target, kept)) return
  const folder = kept.makeFolder()
  if (folder === undefined) buildSync({ ...build, outdir: target })
  else buildAndKeep({ kept, folder, build, target })
}

/** @returns false if there are no current files */
function copyTo(target: string, kept: KeptBuild): boolean {
  const folder = kept.findFolder()
  if (folder === undefined) return false
  try {
    cpSync(folder, target, { recursive: true })
  } catch {
    return false
  }
  // Another process may have replaced and removed the files during the copy.
  return kept.findFolder() === folder
}

type NewBuild = {
  readonly kept: KeptBuild
  readonly folder: string
  readonly build: Build
  readonly target: string
}

function buildAndKeep({ kept, folder, build, target }: NewBuild): void {
  let isKept = false
  try {
    const since = Date.now()
    const { metafile } = buildSync({ ...build, outdir: folder, metafile: true })
    cpSync(folder, target, { recursive: true })
    const inputs = Object.keys(metafile.inputs).map((path) => resolve(build.absWorkingDir, path))
    isKept = kept.keep(folder, inputs, since)
  } finally {
    if (!isKept) rmSync(folder, { recursive: true, force: true })
  }
}
