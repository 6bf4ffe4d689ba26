import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { decompress } from '../../../services/producer/receiving/decompress.ts'

const always = { maxBytes: 1_000_000, reserve: () => true }

describe('decompress', () => {
  it('returns the bytes, also of several gzip members', async () => {
    const members = Buffer.concat([gzipSync('one '), gzipSync('two')])
    expect(await decompress(members, always)).to.deep.equal({
      kind: 'body',
      body: Buffer.from('one two'),
    })
  })

  it('stops at the limit for a body that expands to 100 MB, and uses the memory of a few pieces', async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000))
    let reserved = 0
    const reserve = (bytes: number): boolean => {
      reserved += bytes
      return true
    }
    const inflated = await decompress(bomb, { maxBytes: 1_000_000, reserve })
    expect(inflated).to.deep.equal({ kind: 'too-large' })
    expect(reserved).to.be.at.most(1_000_000)
  })

  it('stops if there is no memory for a piece', async () => {
    const options = { maxBytes: 1_000_000, reserve: () => false }
    expect(await decompress(gzipSync('text'), options)).to.deep.equal({ kind: 'no-memory' })
  })

  it('returns invalid for bytes that are not gzip and for gzip that is cut off', async () => {
    const cut = gzipSync('a text').subarray(0, -9)
    for (const bytes of [Buffer.from('text'), cut, Buffer.alloc(0)])
      expect(await decompress(bytes, always)).to.deep.equal({ kind: 'invalid' })
  })
})
