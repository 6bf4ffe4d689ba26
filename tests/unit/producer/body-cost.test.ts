import { expect } from 'chai'
import { parseBody } from '../../../services/producer/events/parse-body.ts'
import { deviceFormats } from '../../../services/producer/formats/all-formats.ts'
import { hostileBodies } from '../../support/fuzz/hostile-bodies.ts'
import { aReadingJson, aWindow } from '../../support/builders.ts'

const context = { window: aWindow(), origin: { latitude: 37, longitude: -122, altitude: 16 } }
const size = 1024 * 1024
const keys = Array.from({ length: 80_000 }, (_, index) => [`k${index}`, 1] as const)
const manyKeys = JSON.stringify({ ...aReadingJson(), metadata: Object.fromEntries(keys) })
const parse = (text: string, type: 'application/json' | 'application/x-ndjson') =>
  parseBody(new TextEncoder().encode(text), type, context)

describe('bodies that cost much time for their size', () => {
  for (const [what, text, type, kind, maxCalls] of [
    [
      'nested arrays',
      '['.repeat(size / 2) + ']'.repeat(size / 2),
      'application/json',
      'unreadable',
      0,
    ],
    ['80,000 keys of metadata', manyKeys, 'application/json', 'unreadable', 0],
    ['80,000 keys in a line', `\n${manyKeys}`, 'application/x-ndjson', 'unreadable', 0],
    ['only newlines', '\n'.repeat(size), 'application/x-ndjson', 'readings', 0],
    ['half a million lines', '1\n'.repeat(size / 2), 'application/x-ndjson', 'too-many', 1_001],
  ] as const) {
    it(`are handled with few calls of JSON.parse: ${what}`, () => {
      const { parse: original } = JSON
      let calls = 0
      JSON.parse = (...args) => {
        calls += 1
        return original(...args) as unknown
      }
      try {
        expect(parse(text, type).kind).to.equal(kind)
      } finally {
        JSON.parse = original
      }
      expect(calls).to.be.at.most(maxCalls)
    })
  }

  it('do not include 1,000 readings with metadata and brackets in texts', () => {
    const metadata = {
      list: Array.from({ length: 60 }, (_, index) => index),
      text: '"\\[{,'.repeat(50),
    }
    const readings = Array.from({ length: 1_000 }, () => ({ ...aReadingJson(), metadata }))
    const parsed = parse(JSON.stringify(readings), 'application/json')
    expect(parsed.kind).to.equal('readings')
    const lines = readings.map((reading) => JSON.stringify(reading)).join('\n')
    expect(parse(lines, 'application/x-ndjson').kind).to.equal('readings')
  })
})

describe('positions of devices that are nested deeply', () => {
  for (const { name, read } of deviceFormats) {
    for (const { what, body, contentType } of hostileBodies(name)) {
      if (!/^a position with .* nested/.test(what)) continue
      it(`are unreadable in the format ${name}: ${what}`, () => {
        const headers = { 'content-type': contentType }
        const messages = read({ method: 'POST', headers, query: new URLSearchParams(), body })
        const [message] = messages
        expect(messages).to.have.length(1)
        expect(message?.kind === 'refused' && message.refusal).to.deep.equal({
          code: 'unreadable-request',
          detail: 'The body is refused. It is nested more than 64 levels deep.',
        })
      })
    }
  }
})
