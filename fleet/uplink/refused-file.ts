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

/** Appends each refused reading to a file as a line of JSON: code, detail, reading. */
export function keepInFile(path: string): KeepRefused {
  return async (refused) => {
    const lines = refused.map(({ code, detail, text }) => {
      return `{"code":${JSON.stringify(code)},"detail":${JSON.stringify(detail)},"reading":${text}}\n`
    })
    await using file = await open(path, 'a')
    await file.writeFile(lines.join(''))
    await file.datasync()
  }
}
