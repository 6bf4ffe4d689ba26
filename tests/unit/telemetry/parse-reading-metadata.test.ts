import { expect } from 'chai'
import type { JsonValue } from '../../../services/telemetry/reading/reading.ts'
import { verdictWith } from './parse-verdict.ts'

const verdictOn = (metadata: unknown) => verdictWith({ metadata })

function nested(depth: number, wrap: (inner: JsonValue) => JsonValue): JsonValue {
  return depth === 0 ? 1 : wrap(nested(depth - 1, wrap))
}

describe('parseReading: metadata', () => {
  it('accepts an object, also an empty one', () => {
    expect(verdictOn({})).to.equal('accepted')
    expect(verdictOn({ a: [1, 'x', null, true, { b: [] }] })).to.equal('accepted')
  })

  for (const value of [[], 'text', 1, true]) {
    it(`refuses ${JSON.stringify(value)} as wrong-type`, () => {
      expect(verdictOn(value)).to.equal('wrong-type')
    })
  }

  it('accepts 4096 bytes of JSON and refuses 4097 as metadata-too-large', () => {
    const frame = JSON.stringify({ a: '' }).length
    expect(verdictOn({ a: 'x'.repeat(4096 - frame) })).to.equal('accepted')
    expect(verdictOn({ a: 'x'.repeat(4097 - frame) })).to.equal('metadata-too-large')
  })

  it('counts the UTF-8 bytes of the metadata, not its characters', () => {
    const frame = JSON.stringify({ a: '' }).length
    expect(verdictOn({ a: 'é'.repeat((4096 - frame) / 2) })).to.equal('accepted')
    expect(verdictOn({ a: 'é'.repeat((4098 - frame) / 2) })).to.equal('metadata-too-large')
  })

  it('accepts 16 levels of objects and refuses 17 as metadata-too-deep', () => {
    const object = (depth: number) => nested(depth, (inner) => ({ a: inner }))
    expect(verdictOn(object(16))).to.equal('accepted')
    expect(verdictOn(object(17))).to.equal('metadata-too-deep')
  })

  it('counts arrays as levels too', () => {
    const arrays = (depth: number) => ({ a: nested(depth, (inner) => [inner]) })
    expect(verdictOn(arrays(15))).to.equal('accepted')
    expect(verdictOn(arrays(16))).to.equal('metadata-too-deep')
  })

  it('refuses 100,000 levels as metadata-too-deep, without a stack overflow', () => {
    const text = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`
    expect(verdictOn(JSON.parse(text))).to.equal('metadata-too-deep')
  })

  for (const [fault, text] of [
    ['a NUL', 'a\0b'],
    ['a lone surrogate', 'a\ud83d'],
  ] as const) {
    it(`refuses ${fault} in a key at any level as unstorable-text`, () => {
      expect(verdictOn({ [text]: 1 })).to.equal('unstorable-text')
      expect(verdictOn({ a: [{ [text]: 1 }] })).to.equal('unstorable-text')
    })

    it(`refuses ${fault} in a value at any level as unstorable-text`, () => {
      expect(verdictOn({ a: text })).to.equal('unstorable-text')
      expect(verdictOn({ a: [{ b: [text] }] })).to.equal('unstorable-text')
    })
  }

  it('refuses a number that is too large for a double as not-finite, at any level', () => {
    expect(verdictOn(JSON.parse('{"a":[{"b":1e999}]}'))).to.equal('not-finite')
  })

  it('treats __proto__ as an ordinary key', () => {
    expect(verdictOn(JSON.parse('{"__proto__":{"a":1}}'))).to.equal('accepted')
    expect(verdictOn(JSON.parse('{"__proto__":"a\\u0000"}'))).to.equal('unstorable-text')
  })
})
