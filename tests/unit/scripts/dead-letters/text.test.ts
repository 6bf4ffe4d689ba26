import { expect } from 'chai'
import { letterToJson } from '../../../../scripts/dead-letters/json.ts'
import { decodePrintableText, describeLetter } from '../../../../scripts/dead-letters/text.ts'
import { aDeadLetter, noon } from '../../../support/builders.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')
const binary = bytes('\x00\xff{"0123456789abcdef')

describe('a dead letter as text', () => {
  it('shows bytes as text only if they have no control characters', () => {
    expect(decodePrintableText(Buffer.from('{"make":"Škoda"}\n'))).to.equal('{"make":"Škoda"}\n')
    for (const unshown of ['\x1b[2J', 'a\0', '\x7f', '\xff\xfe']) {
      expect(decodePrintableText(bytes(unshown)), JSON.stringify(unshown)).to.equal(undefined)
    }
    for (const unshown of ['\u009b2J', '\u202egnp.exe']) {
      expect(decodePrintableText(Buffer.from(unshown)), JSON.stringify(unshown)).to.equal(undefined)
    }
  })

  it('shows all fields, headers and the value', () => {
    const letter = aDeadLetter({
      original: {
        key: bytes('k'),
        value: Buffer.from('{"vin":"A"}'),
        headers: [
          ['received-at', Buffer.from('2026-01-31T12:00:00Z')],
          ['x-binary', bytes('\x00\x01')],
        ],
        appendedAt: noon,
      },
    })
    expect(describeLetter(letter, 'it is a reading').split('\n')).to.deep.equal([
      'id                  7',
      'receipt             1-3-1042',
      'reason              out-of-range',
      'detail              speed 900 is outside [0, 500] m/s.',
      'died                2026-01-31T12:00:01.000000Z',
      'appended            2026-01-31T12:00:00.000000Z',
      'state               open',
      'today               it is a reading',
      'key                 k',
      'header received-at  2026-01-31T12:00:00Z',
      'header x-binary     0x0001',
      '',
      'value, 11 bytes of text:',
      '{"vin":"A"}',
    ])
  })

  it('shows bytes that are not text in hexadecimal', () => {
    const { original } = aDeadLetter()
    const words = describeLetter(
      aDeadLetter({ original: { ...original, value: binary } }),
      undefined,
    )
    expect(words.split('\n').slice(-3)).to.deep.equal([
      'value, 20 bytes, in hexadecimal:',
      '000000  00 ff 7b 22 30 31 32 33 34 35 36 37 38 39 61 62',
      '000010  63 64 65 66',
    ])
    expect(words).to.match(/\nkey +none\n/)
  })

  it('shows when and why it was redriven or discarded', () => {
    const redriven = aDeadLetter({ state: 'redriven', redriven: { at: noon, as: 'duplicate' } })
    expect(describeLetter(redriven, undefined)).to.match(
      /\nredriven {2}2026-01-31T12:00:00.000000Z, as duplicate\n/,
    )
    const discarded = aDeadLetter({ state: 'discarded', discarded: { at: noon, reason: 'old' } })
    expect(describeLetter(discarded, undefined)).to.match(
      /\ndiscarded {2}2026-01-31T12:00:00.000000Z: old\n/,
    )
  })
})

describe('a dead letter as JSON', () => {
  it('has the same fields, with bytes as text or as hexadecimal', () => {
    const original = { key: null, value: binary, headers: [], appendedAt: noon }
    const headers = [['a', Buffer.from('b')] as const]
    const letter = aDeadLetter({ original: { ...original, headers } })
    expect(letterToJson(letter, { kind: 'stored' })).to.deep.equal({
      id: 7,
      receipt: '1-3-1042',
      reason: 'out-of-range',
      detail: 'speed 900 is outside [0, 500] m/s.',
      diedAt: '2026-01-31T12:00:01.000000Z',
      state: 'open',
      appendedAt: '2026-01-31T12:00:00.000000Z',
      redriven: null,
      discarded: null,
      today: { kind: 'stored' },
      key: null,
      headers: [{ name: 'a', bytes: 1, text: 'b' }],
      value: { bytes: 20, hex: binary.toString('hex') },
    })
  })
})
