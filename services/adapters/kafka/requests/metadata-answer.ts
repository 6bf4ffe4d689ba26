import { WireReader } from './wire-format.ts'

/**
 * A reader of an answer to a metadata request, at the number of its topics. The format is in the Kafka protocol guide:
 * "Metadata Response", versions 9 to 12, which begin in the same way.
 */
export function readerAtTopics(answer: Buffer): WireReader {
  const reader = new WireReader(answer)
  // The throttle time.
  reader.skip(4)
  const brokers = reader.readSize()
  for (let broker = 0; broker < brokers; broker += 1) {
    // The id, host, port and rack of a broker.
    reader.skip(4)
    reader.skipText()
    reader.skip(4)
    reader.skipText()
    reader.skipTags()
  }
  // The id of the cluster and the controller.
  reader.skipText()
  reader.skip(4)
  return reader
}
