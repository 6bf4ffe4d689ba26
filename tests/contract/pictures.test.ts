import { readFileSync, readdirSync } from 'node:fs'
import { expect } from 'chai'
import { drawnPictures } from '../../scripts/drawing/pictures.ts'

const folder = new URL('../../img/', import.meta.url).pathname
const pictures = Object.entries(drawnPictures())

describe('drawn pictures', () => {
  it('are all of the SVGs that are there, but for the charts of what was measured', () => {
    const isDrawn = (name: string): boolean => name.endsWith('.svg') && !name.startsWith('bench-')
    const files = readdirSync(folder).filter(isDrawn)
    expect(files.sort()).to.deep.equal(pictures.map(([name]) => name).sort())
  })

  for (const [name, svg] of pictures) {
    it(`${name} is as the topology makes it (npm run draw writes it anew)`, () => {
      expect(readFileSync(`${folder}${name}`, 'utf8') === svg, name).to.equal(true)
    })
  }
})
