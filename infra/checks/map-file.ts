import { readBeginning } from '../../services/runtime/process/regular-file.ts'

/** The first bytes of a PMTiles archive: name and version. */
const magic = 'PMTiles\u0003'

/** What is wrong with a file of map tiles; undefined if it can be used. */
export function mapFileFault(file: string): string | undefined {
  const expected = 'expected a file with map tiles (.pmtiles, version 3)'
  try {
    if (readMagic(file) === magic) return undefined
    return `${file} is not an archive of map tiles; ${expected}.`
  } catch (error) {
    return `${file} cannot be read (${(error as Error).message}); ${expected}.`
  }
}

/** Reads only the first bytes, because such a file may have gigabytes. */
function readMagic(file: string): string {
  return readBeginning(file, magic.length).toString('latin1')
}
