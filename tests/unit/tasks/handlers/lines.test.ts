import fc from 'fast-check'
import { expect } from 'chai'
import { readLines } from '../../../../services/tasks/handlers/lines.ts'

describe('lines of a pipe', () => {
  it('are the same, wherever the chunks are divided', () => {
    const texts = fc.array(fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', '')))
    const sizes = fc.infiniteStream(fc.integer({ min: 1, max: 20 }))
    fc.assert(
      fc.property(texts, sizes, (lines, chunkSizes) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
        const read: string[] = []
        const onChunk = readLines((line) => read.push(line.toString('utf8')))
        for (let at = 0; at < bytes.length;) {
          const size = chunkSizes.next().value as number
          onChunk(bytes.subarray(at, at + size))
          at += size
        }
        expect(read).to.deep.equal(lines.map((line) => Buffer.from(line).toString('utf8')))
      }),
    )
  })
})
