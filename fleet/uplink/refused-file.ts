import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'

/** A reading that will never be stored, and why. */
export type RefusedReading = {
  readonly code: string
  readonly detail: string
  /** The reading as it was sent. */
  readonly text: string
}

/** Writes refused readings. Resolves once they are on the disk. */
export type WriteRefused = (refused: readonly RefusedReading[]) => Promise<void>

/** Like the mode `a+`, and fails if the file is a symbolic link. */
const flags = constants.O_APPEND | constants.O_CREAT | constants.O_RDWR | constants.O_NOFOLLOW

/**
 * Appends each refused reading to a file as a line of JSON: code, detail, reading. After a failure
 * the file can contain an incomplete line, and lines twice. Only its user can read a new file.
 */
export function refusedFileWriter(path: string): WriteRefused {
  return async (refused) => {
    const lines = refused.map(({ code, detail, text }) => {
      return `{"code":${JSON.stringify(code)},"detail":${JSON.stringify(detail)},"reading":${text}}\n`
    })
    await using file = await open(path, flags, 0o600)
    await file.writeFile(`${(await endsMidLine(file)) ? '\n' : ''}${lines.join('')}`)
    await file.datasync()
  }
}

/** Whether a file ends with an incomplete line, after a full disk or a crash. */
async function endsMidLine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat()
  if (size === 0) return false
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer.toString() !== '\n'
}
