import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'

/** A reading that will never be stored, and why. */
export type RefusedReading = {
  readonly code: string
  readonly detail: string
  /** The reading as it was sent. */
  readonly text: string
}

/** Where refused readings are put down. Resolves once they are. */
export type KeepRefused = (refused: readonly RefusedReading[]) => Promise<void>

/**
 * Appends each refused reading to a file as a line of JSON: code, detail, reading. After a failure half a
 * line may stand in it, and whole ones twice.
 */
export function keepInFile(path: string): KeepRefused {
  return async (refused) => {
    const lines = refused.map(({ code, detail, text }) => {
      return `{"code":${JSON.stringify(code)},"detail":${JSON.stringify(detail)},"reading":${text}}\n`
    })
    await using file = await open(path, 'a+')
    await file.writeFile(`${(await endsWithin(file)) ? '\n' : ''}${lines.join('')}`)
    await file.datasync()
  }
}

/** Whether a file ends in the middle of a line, as a full disk or the end of a process leaves it. */
async function endsWithin(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat()
  if (size === 0) return false
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer.toString() !== '\n'
}
