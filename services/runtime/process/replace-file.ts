import { randomUUID } from 'node:crypto'
import { fchmodSync, closeSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'

/**
 * Writes a file in one step: a reader sees the old content or the new one. The content is written to a new
 * file in the same folder, which then replaces `path`. So a symbolic link is not followed, and another
 * name of an old file keeps its content.
 *
 * @param mode permissions of the new file, whatever the umask is
 */
export function replaceFile(path: string, content: string, mode: number): void {
  const draft = `${path}.${randomUUID()}`
  try {
    // `wx`: fails if the name exists, also as a link.
    const file = openSync(draft, 'wx', 0o600)
    try {
      writeFileSync(file, content)
      fchmodSync(file, mode)
    } finally {
      closeSync(file)
    }
    renameSync(draft, path)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}
