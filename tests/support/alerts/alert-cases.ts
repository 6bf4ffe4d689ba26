import type { AlertCase, Series } from './alert-case.ts'
import { deliveryCases } from './delivery-cases.ts'
import { readingCases } from './reading-cases.ts'
import { serviceCases } from './service-cases.ts'

export const alertCases: readonly AlertCase[] = [...deliveryCases, ...readingCases, ...serviceCases]

/** The cases as promtool tests: one test for each series that fires and for each that does not. */
export function toPromtoolTests(ruleFile: string, cases: readonly AlertCase[]): string {
  const tests = cases.flatMap(({ alert, minute, fires, quiet }) => [
    ...fires.map((series) => toTest({ alert, minute, series, firing: 1 })),
    ...quiet.map((series) => toTest({ alert, minute, series, firing: 0 })),
  ])
  return JSON.stringify({ rule_files: [ruleFile], evaluation_interval: '1m', tests })
}

type Expected = Pick<AlertCase, 'alert' | 'minute'> & {
  readonly series: Series
  readonly firing: number
}

function toTest({ alert, minute, series, firing }: Expected) {
  const expr = `count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`
  return {
    name: `${alert} ${firing === 1 ? 'fires' : 'is quiet'}`,
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      { expr, eval_time: `${minute}m`, exp_samples: [{ labels: '{}', value: firing }] },
    ],
  }
}
