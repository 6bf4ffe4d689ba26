import { closeSync, openSync, readSync } from 'node:fs'

/** What an archive of map tiles begins with: its name and the version that the page reads. */
const beginning = 'PMTiles\u0003'

/** What is wrong with a file of map tiles, as the end of a sentence; undefined where nothing is. */
export function mapFileFault(file: string): string | undefined {
  const expected = 'expected a file with map tiles (.pmtiles, version 3)'
  try {
    if (startOf(file) === beginning) return undefined
    return `${file} is no archive of map tiles; ${expected}.`
  } catch (error) {
    return `${file} cannot be read (${(error as Error).message}); ${expected}.`
  }
}

/** As many characters as are looked at: such files have gigabytes. */
function startOf(file: string): string {
  const descriptor = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(beginning.length)
    return bytes.toString('latin1', 0, readSync(descriptor, bytes))
  } finally {
    closeSync(descriptor)
  }
}
