import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { mapFileFault } from '../../infra/checks/map-file.ts'
import { vectorArchive } from '../support/map-tiles.ts'
import { fullTile } from '../support/vector-tiles.ts'

describe('PMTiles file check', () => {
  const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-map-'))
  const file = join(folder, 'map.pmtiles')
  after(() => {
    rmSync(folder, { recursive: true })
  })

  it('accepts an archive that the page can read', () => {
    writeFileSync(file, vectorArchive([{ z: 0, x: 0, y: 0, bytes: fullTile('earth') }]))
    expect(mapFileFault(file)).to.equal(undefined)
  })

  it('reports any other file in one sentence', () => {
    const expected = 'expected a file with map tiles (.pmtiles, version 3).'
    for (const content of ['', 'PMTiles', 'PMTiles\u0002', 'SQLite format 3']) {
      writeFileSync(file, content)
      expect(mapFileFault(file)).to.equal(`${file} is not an archive of map tiles; ${expected}`)
    }
    expect(mapFileFault(folder)).to.match(/cannot be read \(it is a folder\); expected a file/)
    expect(mapFileFault('/noAddressFile')).to.match(
      /^\/noAddressFile cannot be read \(ENOENT.*; expected/,
    )
  })
})
