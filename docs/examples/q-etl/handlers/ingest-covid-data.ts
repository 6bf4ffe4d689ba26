import { handler, z } from 'av-telemetry'
import text from './data/covid-cases.csv'

type Case = { day: string; country: string; cases: number }

/** Reads a file that lies beside this one, so that the example works without internet. */
export const ingestCovidData = handler({
  name: 'ingest_covid_data',
  params: z.object({ country: z.string().optional() }),
  run: ({ country }, context) => {
    const [, ...lines] = text.trim().split('\n')
    const all = lines.map(toCase)
    const data = all.filter((each) => country === undefined || each.country === country)
    context.logger.info(`read ${lines.length} lines, ${data.length} of them are stored`)
    context.progress(1)
    // The second value is an error, or null.
    return [[{ table: 'covid_cases', refresh: true, data }], null]
  },
})

function toCase(line: string): Case {
  const [day = '', country = '', cases] = line.split(',')
  return { day, country, cases: Number(cases) }
}
