import { rm, writeFile } from 'node:fs/promises'
import type { DeclarationFile } from './read-folder.ts'

/** The file beside a declaration that lists its faults. It does not end in `.toml`. */
export const faultFileOf = (path: string): string =>
  `${path.replace(/\.toml$/, '')}.toml_error_log_.txt`

/**
 * Writes the faults of a declaration into a file beside it, or removes that file if there are none.
 *
 * @throws an error of the file system, e.g. if the folder is mounted read-only
 */
export async function writeErrorFile(
  { path }: Pick<DeclarationFile, 'path'>,
  faults: readonly string[],
): Promise<void> {
  // Removed first, so that nothing is written through a link or into a pipe.
  await rm(faultFileOf(path), { force: true })
  if (faults.length === 0) return
  await writeFile(faultFileOf(path), `${faults.join('\n')}\n`, { flag: 'wx' })
}
