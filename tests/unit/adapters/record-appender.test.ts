import { expect } from 'chai'
import { toPositions } from '../../../services/adapters/kafka/writing/record-appender.ts'

const acknowledged = (partition: number, baseOffset: string | undefined, errorCode = 0) => ({
  topicName: 'test_topic',
  partition,
  errorCode,
  ...(baseOffset === undefined ? {} : { baseOffset }),
})
const at = (partition: number, offset: number) => ({ partition, offset })

describe('toPositions', () => {
  it('counts up from the base offset of each partition, in the order of sending', () => {
    const answer = [acknowledged(2, '7'), acknowledged(0, '100'), acknowledged(1, '0')]
    expect(toPositions([0, 2, 0, 1, 2, 0], answer)).to.deep.equal([
      at(0, 100),
      at(2, 7),
      at(0, 101),
      at(1, 0),
      at(2, 8),
      at(0, 102),
    ])
  })

  it('returns undefined for a partition that the response does not name', () => {
    const answer = [acknowledged(0, '5')]
    expect(toPositions([0, 1, 0], answer)).to.deep.equal([at(0, 5), undefined, at(0, 6)])
    expect(toPositions([0, 1], [])).to.deep.equal([undefined, undefined])
  })

  it('returns undefined for a partition with an error', () => {
    const answer = [acknowledged(0, '5', 7), acknowledged(1, '3')]
    expect(toPositions([0, 1], answer)).to.deep.equal([undefined, at(1, 3)])
  })

  it('returns undefined if the base offset is missing or -1', () => {
    const answer = [acknowledged(0, '-1'), acknowledged(1, undefined)]
    expect(toPositions([0, 0, 1], answer)).to.deep.equal([undefined, undefined, undefined])
  })

  it('ignores partitions to which nothing was sent', () => {
    expect(toPositions([], [acknowledged(0, '5')])).to.deep.equal([])
  })
})
