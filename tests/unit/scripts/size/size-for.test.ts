import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { root } from '../../../../scripts/platform/paths.ts'
import type { LoadPoint } from '../../../../scripts/size/measured.ts'
import { measured, measuredCores } from '../../../../scripts/size/measured.ts'
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

  it('returns the measured cores for each measured load of one instance', () => {
    const { producer, consumer, postgres } = measuredCores
    const restAndCost = {
      producers: producer.single,
      consumers: consumer.single,
      postgres: postgres.single,
    }
    for (const [service, points] of Object.entries(restAndCost)) {
      for (const { rate, cores } of points.slice(0, 2)) {
        const size = sizeFor({ ...fleet, vehicles: rate })
        expect(
          size.cores[service as keyof typeof size.cores],
          `${service} at ${rate}/s`,
        ).to.be.closeTo(cores, 1e-9)
      }
    }
    const arrays = sizeFor({ ...fleet, vehicles: 10_000, readingsPerPost: 100 })
    expect(arrays.cores.producers).to.be.closeTo(producer.arrays[0].cores, 1e-9)
    expect(arrays.cores.consumers).to.be.closeTo(consumer.arrays[0].cores, 1e-9)
    expect(arrays.cores.postgres).to.be.closeTo(postgres.arrays[0].cores, 1e-9)
  })

  it('never computes fewer cores for more vehicles, nor fewer than the platform takes at rest', () => {
    const rates = [1, 5, 10, 11, 50, 300, 2_999, 3_001, 9_000, 20_000, 60_000]
    const cores = rates.map((vehicles) => sizeFor({ ...fleet, vehicles }).cores)
    for (const service of ['producers', 'consumers', 'postgres'] as const) {
      const values = cores.map((each) => each[service])
      expect(values, service).to.deep.equal(values.toSorted((a, b) => a - b))
    }
    const { producer, consumer, postgres } = measuredCores
    expect(cores[0]).to.deep.equal({
      producers: producer.single[0].cores,
      consumers: consumer.single[0].cores,
      postgres: postgres.single[0].cores,
    })
  })

  it('prints the cores of a small fleet and the memory of an instance', () => {
    const table = formatSizeTable(sizeFor({ ...fleet, vehicles: 50 }))
    expect(table).not.to.include('0.00 cores')
    expect(table).to.match(/^producers +\| 1 +\| 0\.04 cores busy, 132 MB each/m)
  })
})

describe('the figures of npm run size', () => {
  const document = readFileSync(join(root, 'docs', 'benchmarks.md'), 'utf8')
  const results = document.slice(document.indexOf('## Results'))
  /** The cells of a benchmark's row in the table of results. */
  const rowOf = (name: string): string => {
    const row = results.split('\n').find((line) => line.startsWith(`| ${name}`))
    if (row === undefined) throw new Error(`docs/benchmarks.md has no row ${name}`)
    return row
  }
  const thousands = (value: number): string => `${value / 1_000} k`
  /** Core-seconds of a million readings, of the point that `cost` measured. */
  const perMillion = ({ rate, cores }: LoadPoint): number => Math.round((cores / rate) * 1e6)

  it('are those of docs/benchmarks.md', () => {
    const { producer, consumer, broker, postgres, bytes } = measured
    const cores = measuredCores
    const [rest, single] = [cores.producer.single[0], cores.producer.single[2]]
    const cited = [
      ['`ingest-single`', `${thousands(producer.requestsPerSecond)} requests/s`],
      ['`ingest-single`', `${producer.megabytes} MB`],
      ['`ingest-single`', `${single.cores} cores`],
      ['`ingest-batch`', `${thousands(broker.recordsPerSecond)} readings/s in arrays`],
      ['`ingest-batch`', `${thousands(producer.readingsPerSecond)} in lines`],
      ['`ingest-batch`', `${cores.producer.arrays[1].cores} cores`],
      ['`sink` |', `${thousands(consumer.rowsPerSecond)} rows/s`],
      ['`sink` |', `${consumer.megabytes} MB`],
      ['`sink` |', `${cores.consumer.single[2].cores} cores`],
      ['`growth`', `${thousands(postgres.rowsPerSecond)} rows/s`],
      [
        '`cost`',
        `Kafka ${bytes.kafka}, table ${bytes.table}, index 167 (${bytes.index} after the day), WAL ${bytes.wal}`,
      ],
      ...(['producer', 'consumer', 'postgres'] as const).flatMap((role) => {
        const word = role === 'postgres' ? 'Postgres' : role
        const { single, arrays } = cores[role]
        return [
          ['`cost`', `single[^;]* ${word} ${perMillion(single[1])}\\b`],
          ['`cost`', `arrays[^.]* ${word} ${perMillion(arrays[0])}\\b`],
        ]
      }),
      ['`rest`', `producer and fleet ${rest.cores} each`],
      ['`rest`', `consumer ${cores.consumer.single[0].cores}`],
      ['`rest`', `Postgres ${cores.postgres.single[0].cores} each`],
    ] as [string, string][]
    for (const [name, text] of cited) {
      const pattern = text.includes('[') ? text : text.replaceAll(/[.()]/g, '\\$&')
      expect(rowOf(name), name).to.match(new RegExp(pattern))
    }
  })
})
