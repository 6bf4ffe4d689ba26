import { expect } from 'chai'
import { decodeTopicId, noTopicId } from '../../../services/adapters/kafka/requests/topic-ids.ts'

const unknownTopic = 3
const id = '01234567-89ab-cdef-0123-456789abcdef'

/** An answer of a broker: the format is "Metadata Response", version 12, of the Kafka protocol guide. */
function answerOf(error: number, topicId: string): Buffer {
  const text = (value: string) =>
    Buffer.concat([Buffer.from([value.length + 1]), Buffer.from(value)])
  const int32 = Buffer.from([0, 0, 0, 1])
  const [noTags, noRack, oneElement] = [Buffer.from([0]), Buffer.from([0]), Buffer.from([2])]
  const broker = Buffer.concat([int32, text('host'), int32, noRack, noTags])
  const head = [int32, oneElement, broker, text('cluster'), int32, oneElement]
  const bytesOfId = Buffer.from(topicId.replaceAll('-', ''), 'hex')
  return Buffer.concat([...head, Buffer.from([0, error]), text('data'), bytesOfId])
}

describe('The topic id in an answer of a broker', () => {
  it('is read', () => {
    expect(decodeTopicId(answerOf(0, id))).to.equal(id)
  })

  it('is noTopicId if the broker does not know the topic', () => {
    expect(decodeTopicId(answerOf(unknownTopic, noTopicId))).to.equal(noTopicId)
  })

  it('is undefined if the broker knows the topic but gives topics no ids', () => {
    expect(decodeTopicId(answerOf(0, noTopicId))).to.equal(undefined)
  })
})
