import { expect } from 'chai'
import { withReplicaAddresses } from '../../../services/dashboard/health/replica-addresses.ts'
import { parseWatchedService } from '../../../services/dashboard/health/watched-service.ts'

const watched = [
  'producer-0=producer:8081/readyz',
  'kafka-0=kafka-0:9092',
  'producer-1=producer:8081/readyz',
  'producer-2=producer:8081/readyz',
].map((text) => parseWatchedService(text)!)

describe('withReplicaAddresses', () => {
  it('gives each replica behind one name another of its addresses, always in the same order', async () => {
    const addresses = ['10.0.0.3', '10.0.0.1', '10.0.0.2']
    for (const answer of [addresses, addresses.toReversed()]) {
      const found = await withReplicaAddresses(watched, () => Promise.resolve(answer))
      expect(found.map((service) => service?.host)).to.deep.equal([
        ...['10.0.0.1', 'kafka-0', '10.0.0.2', '10.0.0.3'],
      ])
      expect(found[2]).to.deep.include({ name: 'producer-1', port: 8081, path: '/readyz' })
    }
  })

  it('finds no address for replicas that are not ready', async () => {
    const found = await withReplicaAddresses(watched, () => Promise.resolve(['10.0.0.1']))
    expect(found.map((service) => service?.host)).to.deep.equal([
      ...['10.0.0.1', 'kafka-0', undefined, undefined],
    ])
  })

  it('asks only for names that several services share', async () => {
    const asked: string[] = []
    await withReplicaAddresses(watched, (host) => {
      asked.push(host)
      return Promise.resolve([])
    })
    expect(asked).to.deep.equal(['producer'])
  })

  it('regards replicas as not ready if their name does not exist', async () => {
    const none = ['a=none.invalid:1', 'b=none.invalid:1'].map((text) => parseWatchedService(text)!)
    expect(await withReplicaAddresses(none)).to.deep.equal([undefined, undefined])
  })
})
