import { formatTable } from '../cli/table.ts'
import { measured } from './measured.ts'
import type { Size } from './size-for.ts'
import { planned } from './size-for.ts'

/** What a fleet needs, a row a thing. */
export function formatSizeTable(size: Size): string {
  const { producers, consumers, partitions, brokers, cores } = size
  const core = (value: number): string => `${value.toFixed(value < 1 ? 2 : 1)} cores busy`
  return formatTable(
    ['what', 'how many', ''],
    [
      [
        'readings',
        `${formatNumber(size.readingsPerSecond)}/s`,
        `in ${formatNumber(size.requestsPerSecond)} requests/s`,
      ],
      ['producers', String(producers), core(cores.producers)],
      ['brokers', String(brokers), 'with three replicas of everything'],
      ['partitions', String(partitions), ''],
      ['consumers', String(consumers), core(cores.consumers)],
      ['Postgres', size.fitsOnePostgres ? '1' : 'more than one', core(cores.postgres)],
      ['Kafka, a week', `${formatNumber(size.kafkaGigabytes)} GB`, 'for each replica'],
      [
        'Postgres, a month more',
        `${formatNumber(size.postgresGigabytesPerMonth)} GB`,
        'rows and index',
      ],
      ['Postgres, kept in all', `${formatNumber(size.postgresGigabytesKept)} GB`, ''],
      ['Postgres, written ahead', `${formatNumber(size.walMegabytesPerSecond)} MB/s`, ''],
    ],
  )
}

function formatNumber(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 })
}

/** What the figures rest on. */
export function describeBasis({ fitsOnePostgres }: Size): string {
  const { postgres, machine } = measured
  const lines = [
    `Measured by npm run bench on ${machine}; instances are planned for ${planned * 100} % of what one does alone, evenly spread over the day.`,
    'Yours: npm run bench on your own machine; the figures are in scripts/size/measured.ts.',
  ]
  if (fitsOnePostgres) return lines.join('\n')
  const limit = Math.round(planned * postgres.rowsPerSecond)
  return [
    ...lines,
    `One Postgres is planned for ${limit} rows/s. Above it: a platform for each part of the fleet (by vin), or a faster disk and more cores first.`,
  ].join('\n')
}
