import { expect } from 'chai'
import { toConfig } from '../../../infra/config/config.ts'
import { faultsOf } from './faults-of.ts'

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)
const expectedForm = 'expected --set path.to.key=value'
const nestedTooDeeply = 'is nested more than 16 levels deep'

describe('a setting that cannot be used is refused with its path', () => {
  const refused: Record<string, string> = {
    '.=1': `.=1: ${expectedForm}`,
    'kafka.=1': `kafka.=1: ${expectedForm}`,
    '.kafka=1': `.kafka=1: ${expectedForm}`,
    'kafka..topic=a': `kafka..topic=a: ${expectedForm}`,
    [`kafka.topic=${nested(50_000)}`]: `kafka.topic: ${nestedTooDeeply}`,
  }
  for (const [setting, fault] of Object.entries(refused)) {
    it(`--set ${setting.slice(0, 30)}`, () => {
      expect(faultsOf({}, [setting])).to.deep.equal([fault])
    })
  }

  it('a configuration that is nested 50,000 levels deep', () => {
    const tree: unknown = JSON.parse(`{"kafka":${nested(50_000)}}`)
    expect(faultsOf(tree)).to.deep.equal([`the file: ${nestedTooDeeply}`])
  })

  for (const topic of ['.', '..', '__consumer_offsets', '__transaction_state', '__x']) {
    it(`kafka.topic ${topic}, which Kafka does not allow or uses itself`, () => {
      const [fault, ...more] = faultsOf({ kafka: { topic } })
      expect(fault).to.match(/^kafka\.topic: .*choose another name$/)
      expect(more).to.deep.equal([])
    })
  }

  for (const [setting, sentence] of [
    ['objects.endpoint=s3.example.com', /^objects\.endpoint: .*expected the URL of an S3 server/],
    ['objects.endpoint=http://s3.example.com/path', /expected the URL of an S3 server/],
    ['objects.bucket=Etl', /^objects\.bucket: .*expected 3 to 63 lower-case letters/],
    ['objects.region=', /^objects\.region: /],
    ['objects.secretKeyFile=key', /^objects\.secretKeyFile: .*only with objects\.endpoint/],
  ] as const) {
    it(`--set ${setting}, which is no bucket`, () => {
      const [fault, ...more] = faultsOf({}, [setting])
      expect(fault).to.match(sentence)
      expect(more).to.deep.equal([])
    })
  }

  it('an S3 server without files that contain its keys', () => {
    expect(faultsOf({}, ['objects.endpoint=http://127.0.0.1:7070'])).to.deep.equal([
      'objects.accessKeyFile: objects.endpoint needs it; name a file',
      'objects.secretKeyFile: objects.endpoint needs it; name a file',
    ])
  })

  it('accepts a topic with dots and underlines', () => {
    expect(toConfig({ kafka: { topic: '_a.b__c' } }).kafka.topic).to.equal('_a.b__c')
  })
})
