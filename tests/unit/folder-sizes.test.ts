import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect } from 'chai'
import { root } from '../../scripts/platform/paths.ts'

const maxFiles = 14

/** Folders with one file for each item of a numbered or registered collection. */
const collections = ['commands', 'faults', 'migrations', 'panels', 'roles', 'sql']

/** Every folder below a folder, and the folder itself. */
function foldersBelow(folder: string): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory())
  return [folder, ...folders.flatMap(({ name }) => foldersBelow(join(folder, name)))]
}

function countFiles(folder: string): number {
  const entries = readdirSync(join(root, folder), { withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).length
}

describe('source folders', () => {
  for (const top of ['infra', 'scripts', 'services', 'fleet']) {
    it(`${top}: no folder holds more than ${maxFiles} files, except one-file-each collections`, () => {
      const tooLarge = foldersBelow(top)
        .filter((folder) => !collections.includes(basename(folder)))
        .map((folder) => ({ folder, files: countFiles(folder) }))
        .filter(({ files }) => files > maxFiles)
      expect(tooLarge).to.deep.equal([])
    })
  }
})
