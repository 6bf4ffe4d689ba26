import { expect } from 'chai'
import { waitingWorkOf } from '../../../services/ledger/tasks/waiting-work.ts'

describe('What waits while a pipeline is paused', () => {
  for (const [declaration, sentence] of [
    [{ topic: { name: 'data' } }, /^Its records wait in Kafka/],
    [{ source: { kind: 'topic', name: 'job' } }, /^Its records wait in Kafka/],
    [{ source: { kind: 'schedule' } }, /latest windows that it has missed/],
    [{ source: { kind: 'files' } }, /^Its files wait in the inbox/],
    [{ source: { kind: 'api' } }, /^Its tasks wait in the database/],
    [null, /^Nothing waits/],
  ] as const)
    it(`is described for ${JSON.stringify(declaration)}`, () => {
      expect(waitingWorkOf(declaration)).to.match(sentence)
    })
})
