import { expect } from 'chai'
import { fetchedRecord, fetchedRecords } from '../support/fetched-records.ts'

describe('A record that patched kafkajs has fetched', () => {
  it('finds its headers and its value in the bytes of its batch', async () => {
    const headers = { a: '1', b: ['2', ''], ž: 'x'.repeat(300) }
    const [before, record] = await fetchedRecords(
      [
        { value: null, headers },
        { value: 'v', headers },
      ],
      0,
    )
    expect(before?.inBatch).to.equal(undefined)
    const bytes = record?.inBatch
    if (bytes === undefined) throw new Error('The record has no place in the bytes of its batch.')
    const { buffer, valueBegin, valueEnd } = bytes
    const textOf = (begin?: number, end?: number) =>
      Buffer.from(buffer).toString('utf8', begin, end)
    expect(textOf(valueBegin, valueEnd)).to.equal('v')
    const places = new Int32Array(16)
    expect(bytes.findHeaders(places)).to.equal(4)
    const texts = Array.from({ length: 8 }, (_, part) =>
      textOf(places[2 * part], places[2 * part + 1]),
    )
    expect(texts).to.deep.equal(['a', '1', 'b', '2', 'b', '', 'ž', headers.ž])
    expect(bytes.findHeaders(new Int32Array(15))).to.equal(-1)
  })

  describe('is refused with its batch if', () => {
    const [k, v, length1, noLength] = [0x4b, 0x56, 2, 1]
    // Attributes, time and offset, then key and value with their lengths.
    const head = [0, 0, 0, length1, k, length1, v]
    const withLength = (record: readonly number[], length = record.length): Buffer =>
      Buffer.from([2 * length, ...record])
    const right = [...head, 2, 0, noLength]

    const wrong: readonly (readonly [title: string, bytes: Buffer])[] = [
      ['it has no number of headers', withLength(head)],
      ['a header has no value', withLength([...head, 2, 2, k])],
      ['the name of a header has no length', withLength([...head, 2, noLength, noLength])],
      ['the number of its headers is negative', withLength([...head, 1])],
      ['its value is longer than the record', withLength([0, 0, 0, length1, k, 100, v, 0])],
      ['something follows its headers', withLength([...head, 0, 0])],
      ['its length is 0', withLength(right, 0)],
      ['it is longer than its batch', withLength(right, right.length + 1)],
    ]
    for (const [title, bytes] of wrong) {
      it(title, async () => {
        const error = await fetchedRecord(bytes).catch((thrown: unknown) => thrown)
        expect(String(error)).to.include('the lengths in one of its records are wrong')
      })
    }

    it('its time has more than ten bytes', async () => {
      const time = Array.from({ length: 10 }, () => 0x80)
      const record = [0, ...time, ...head.slice(1), 0]
      const error = await fetchedRecord(withLength(record)).catch((thrown: unknown) => thrown)
      expect(String(error)).to.include('the lengths in one of its records are wrong')
    })

    it('not if its lengths are right', async () => {
      const record = await fetchedRecord(withLength(right))
      expect(String(record?.value)).to.equal('V')
    })

    it('not if the value of a header has a negative length, which brokers take as null', async () => {
      const [minusThree, name] = [5, [2, k]]
      const headers = [4, ...name, minusThree, 2, v, length1, k]
      const record = await fetchedRecord(withLength([...head, ...headers]))
      expect(record?.headers).to.deep.equal([['V', Buffer.from('K')]])
    })
  })
})
