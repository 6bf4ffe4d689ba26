import { formatTable } from '../cli/table.ts'
import { measured } from './measured.ts'
import type { Size } from './size-for.ts'
import { planned } from './size-for.ts'

/** What a fleet needs, as a table. */
export function formatSizeTable(size: Size): string {
  const { producers, consumers, partitions, brokers, cores } = size
  const core = (value: number): string => `${value.toFixed(value < 1 ? 2 : 1)} cores busy`
  const memory = ({ megabytes }: { readonly megabytes: number }): string => `${megabytes} MB each`
  return formatTable(
    ['what', 'how many', ''],
    [
      [
        'readings',
        `${formatNumber(size.readingsPerSecond)}/s`,
        `in ${formatNumber(size.requestsPerSecond)} requests/s`,
      ],
      ['producers', String(producers), `${core(cores.producers)}, ${memory(measured.producer)}`],
      ['brokers', String(brokers), 'three replicas of each record'],
      ['partitions', String(partitions), ''],
      ['consumers', String(consumers), `${core(cores.consumers)}, ${memory(measured.consumer)}`],
      ['Postgres', size.fitsOnePostgres ? '1' : 'more than one', core(cores.postgres)],
      ['Kafka, a week', `${formatNumber(size.kafkaGigabytes)} GB`, 'for each replica'],
      ['Postgres, a month', `${formatNumber(size.postgresGigabytesPerMonth)} GB`, 'rows and index'],
      ['Postgres, total', `${formatNumber(size.postgresGigabytesKept)} GB`, ''],
      ['Postgres, WAL', `${formatNumber(size.walMegabytesPerSecond)} MB/s`, ''],
    ],
  )
}

function formatNumber(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 })
}

/** Where the figures come from. */
export function describeBasis({ fitsOnePostgres }: Size): string {
  const { postgres, machine } = measured
  const lines = [
    `Based on npm run bench on ${machine}. Each instance is planned for ${planned * 100} % of its measured rate, with readings spread evenly over the day.`,
    'For your machine: run npm run bench, and put the figures into docs/benchmarks.md and scripts/size/measured.ts.',
  ]
  if (fitsOnePostgres) return lines.join('\n')
  const limit = Math.round(planned * postgres.rowsPerSecond)
  return [
    ...lines,
    `One Postgres is planned for ${limit} rows/s. Above that, use a faster disk and more cores, or one platform for each part of the fleet (by vin).`,
  ].join('\n')
}
