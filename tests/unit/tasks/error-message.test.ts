import { expect } from 'chai'
import { isTooLarge, toErrorMessage } from '../../../services/ledger/tasks/messages.ts'

describe('toErrorMessage', () => {
  const envelopeOf = (text: string) =>
    toErrorMessage('errors', {
      ...{ id: 'a:1', pipeline: 'a', topic: 'source', method: text, attempt: 1, worker: 1 },
      ...{ at: new Date(0), key: text },
      fault: { code: 'threw', message: text, stack: text },
      original: { key: text, value: text, params: text },
    })

  for (const [character, name] of [
    ['x', 'letters'],
    ['\u0001', 'control characters'],
    ['€', 'characters of three bytes'],
  ] as const) {
    it(`is small enough for Kafka if all its parts are long texts of ${name}`, () => {
      expect(isTooLarge(envelopeOf(character.repeat(1_000_000)))).to.equal(false)
    })
  }

  it('keeps the key and the original of an error that is not too large', () => {
    const message = envelopeOf('short')
    expect(message.key).to.equal('short')
    expect(JSON.parse(message.value)).to.deep.include({
      ...{ method: 'short', code: 'threw' },
      original: { key: 'short', value: 'short', params: 'short' },
    })
  })
})
