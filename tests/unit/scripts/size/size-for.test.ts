import { expect } from 'chai'
import { measured } from '../../../../scripts/size/measured.ts'
import { formatSizeTable, describeBasis } from '../../../../scripts/size/report.ts'
import { planned, sizeFor } from '../../../../scripts/size/size-for.ts'

const fleet = { vehicles: 1_000, intervalSeconds: 1, readingsPerPost: 1, retentionDays: 30 }

describe('sizeFor', () => {
  it('returns one instance of each service, and enough brokers for the replicas, for a small fleet', () => {
    const { producers, consumers, brokers, partitions, fitsOnePostgres } = sizeFor(fleet)
    expect({ producers, consumers, brokers, partitions, fitsOnePostgres }).to.deep.equal({
      producers: 1,
      consumers: 1,
      brokers: 3,
      partitions: 6,
      fitsOnePostgres: true,
    })
  })

  it('computes readings from vehicles and interval, and requests from readings per request', () => {
    const { readingsPerSecond, requestsPerSecond } = sizeFor({
      ...fleet,
      intervalSeconds: 5,
      readingsPerPost: 10,
    })
    expect([readingsPerSecond, requestsPerSecond]).to.deep.equal([200, 20])
  })

  it('adds a producer when the planned load of one is exceeded', () => {
    const most = planned * measured.producer.requestsPerSecond
    const producers = [most, most + 1].map((vehicles) => sizeFor({ ...fleet, vehicles }).producers)
    expect(producers).to.deep.equal([1, 2])
  })

  it('computes the disk from the bytes of a reading', () => {
    const size = sizeFor({ ...fleet, retentionDays: 60 })
    const { bytes } = measured
    const month = (1_000 * 86_400 * 30 * (bytes.table + bytes.index)) / 1e9
    expect(size.postgresGigabytesPerMonth).to.be.closeTo(month, 1e-6)
    expect(size.postgresGigabytesKept).to.be.closeTo(2 * month, 1e-6)
    expect(size.kafkaGigabytes).to.be.closeTo((1_000 * 86_400 * 7 * bytes.kafka) / 1e9, 1e-6)
  })

  it('reports when one Postgres is not enough, and what to do then', () => {
    const most = planned * measured.postgres.rowsPerSecond
    const [fits, above] = [most, most + 1].map((vehicles) => sizeFor({ ...fleet, vehicles }))
    expect([fits?.fitsOnePostgres, above?.fitsOnePostgres]).to.deep.equal([true, false])
    if (!fits || !above) throw new Error('no sizes')
    expect(describeBasis(fits)).not.to.include('One Postgres is planned')
    expect(describeBasis(above)).to.include('one platform for each part of the fleet')
    expect(formatSizeTable(above)).to.match(/^Postgres +\| more than one/m)
  })
})
