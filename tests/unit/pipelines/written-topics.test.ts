import { expect } from 'chai'
import { parsePipeline } from '../../../services/pipelines/declaration/parse-pipeline.ts'

/** The faults of a pipeline that writes to these topics, with their places. */
function faultsOf(topic: string, errors: string): string[] {
  const text = `name = "job"
from.topic = "job"
run = "count"
to.topic = ${JSON.stringify(topic)}
errors = ${JSON.stringify(errors)}
progress = ${JSON.stringify(errors)}
`
  const parsed = parsePipeline(text, () => ({ text: '' }))
  if (parsed.ok) return []
  return parsed.faults.map(({ line, column, message }) => `${line}:${column} ${message}`)
}

describe('A topic to which messages are written', () => {
  for (const name of ['a b', '', '.', '..', 'a'.repeat(250), 'größe', '__consumer_offsets'])
    it(`is refused if Kafka refuses its name: ${JSON.stringify(name.slice(0, 20))}`, () => {
      const [ofTopic, ofErrors, ofProgress] = faultsOf(name, name)
      expect(ofTopic).to.match(/^4:12 to\.topic: expected a topic name of up to 249 characters/)
      expect(ofErrors).to.match(/^5:10 errors: expected a topic name of up to 249 characters/)
      expect(ofProgress).to.match(/^6:12 progress: expected a topic name of up to 249 characters/)
    })

  it('is accepted with up to 249 letters, digits, dots, underscores and hyphens', () => {
    expect(faultsOf('a'.repeat(249), '_A.b-1')).to.deep.equal([])
  })
})
