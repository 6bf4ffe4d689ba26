/** One sample per minute from minute 0, in promtool's notation, by series. */
type Series = Readonly<Record<string, string>>

/** Series that make an alert fire by the given minute, and similar series that do not. */
export type AlertCase = {
  readonly alert: string
  readonly minute: number
  readonly fires: readonly Series[]
  readonly quiet: readonly Series[]
}

const accepted = (perMinute: number): Series => ({
  telemetry_readings_accepted_total: `0+${perMinute}x60`,
})
const settled = (perMinute: number): Series => ({
  'telemetry_offsets_settled_total{pipeline="readings",outcome="stored"}': `0+${perMinute}x60`,
})
const refused = (perMinute: number): Series => ({
  'telemetry_readings_refused_total{code="time-too-old"}': `0+${perMinute}x60`,
})
const resident = (job: string, bytes: number): Series => ({
  [`process_resident_memory_bytes{job="${job}"}`]: `${bytes}x60`,
})

const deliveryCases: AlertCase[] = [
  {
    alert: 'AccountUnbalanced',
    minute: 1,
    fires: [
      { 'telemetry_account_imbalance{pipeline="readings",of="rows"}': '-1+0x5' },
      { 'telemetry_account_imbalance{pipeline="readings",of="ledgers"}': '2x5' },
    ],
    quiet: [{ 'telemetry_account_imbalance{pipeline="readings",of="rows"}': '0x5' }],
  },
  {
    alert: 'LedgerUnbalanced',
    minute: 3,
    fires: [
      {
        'telemetry_account_settled_offsets{pipeline="readings"}': '10x5',
        'telemetry_account_offsets{pipeline="readings",outcome="stored"}': '9x5',
        // A second pipeline with balanced ledgers does not hide the imbalance.
        'telemetry_account_settled_offsets{pipeline="orders"}': '30x5',
        'telemetry_account_offsets{pipeline="orders",outcome="stored"}': '30x5',
      },
    ],
    quiet: [
      {
        // Two consumers read the ledgers at different times: all numbers of the later one are
        // higher.
        'telemetry_account_settled_offsets{pipeline="readings",instance="a"}': '10x5',
        'telemetry_account_settled_offsets{pipeline="readings",instance="b"}': '12x5',
        'telemetry_account_offsets{pipeline="readings",outcome="stored",instance="a"}': '8x5',
        'telemetry_account_offsets{pipeline="readings",outcome="stored",instance="b"}': '9x5',
        'telemetry_account_offsets{pipeline="readings",outcome="duplicate",instance="a"}': '2x5',
        'telemetry_account_offsets{pipeline="readings",outcome="duplicate",instance="b"}': '3x5',
        'telemetry_account_settled_offsets{pipeline="orders"}': '4x5',
        'telemetry_account_offsets{pipeline="orders",outcome="updated"}': '4x5',
      },
    ],
  },
  {
    alert: 'AccountCheckOverdue',
    minute: 55,
    fires: [
      {
        'telemetry_account_check_timestamp_seconds{pipeline="readings"}': '0x60',
        'telemetry_account_check_interval_seconds{pipeline="readings"}': '600x60',
      },
      { 'telemetry_account_check_interval_seconds{pipeline="readings"}': '600x60' },
      {
        'telemetry_account_check_interval_seconds{pipeline="readings"}': '600x60',
        'telemetry_account_check_timestamp_seconds{pipeline="orders"}': '0+60x60',
        'telemetry_account_check_interval_seconds{pipeline="orders"}': '600x60',
      },
    ],
    quiet: [
      {
        'telemetry_account_check_timestamp_seconds{pipeline="readings"}': '0+60x60',
        'telemetry_account_check_interval_seconds{pipeline="readings"}': '600x60',
      },
      {},
    ],
  },
  {
    alert: 'OffsetsExpired',
    minute: 1,
    fires: [{ 'telemetry_offsets_expired_total{pipeline="readings"}': '5x5' }],
    quiet: [{ 'telemetry_offsets_expired_total{pipeline="readings"}': '0x5' }],
  },
  {
    alert: 'PartitionUnreadable',
    minute: 1,
    fires: [{ 'telemetry_partition_unreadable{pipeline="readings",partition="3"}': '1x5' }],
    quiet: [{ 'telemetry_partition_unreadable{pipeline="readings",partition="3"}': '0x5' }],
  },
  {
    alert: 'LogBegunAnew',
    minute: 75,
    fires: [
      {
        'telemetry_ledger_settled_offsets{pipeline="readings",log="1",partition="0"}': '5x90',
        'telemetry_ledger_settled_offsets{pipeline="readings",log="2",partition="0"}': '_x70 0x20',
      },
    ],
    quiet: [
      {
        'telemetry_ledger_settled_offsets{pipeline="readings",log="1",partition="0"}': '5x90',
        'telemetry_ledger_settled_offsets{pipeline="readings",log="1",partition="1"}': '_x70 0x20',
      },
    ],
  },
  {
    alert: 'DeadLettersRise',
    minute: 12,
    fires: [
      { 'telemetry_account_offsets{pipeline="readings",outcome="dead_lettered"}': '0x8 1x10' },
    ],
    quiet: [{ 'telemetry_account_offsets{pipeline="readings",outcome="dead_lettered"}': '4x20' }],
  },
]

const readingCases: AlertCase[] = [
  {
    alert: 'ReadingsNotStored',
    minute: 6,
    fires: [{ ...accepted(10), ...settled(0) }, accepted(10)],
    quiet: [
      { ...accepted(10), ...settled(10) },
      { ...accepted(0), ...settled(0) },
    ],
  },
  {
    alert: 'LagGrows',
    minute: 25,
    fires: [{ ...accepted(60), telemetry_topic_lag_records: '0+1000x30' }],
    quiet: [
      { ...accepted(60), telemetry_topic_lag_records: '60000-1000x30' },
      { ...accepted(60_000), telemetry_topic_lag_records: '0+1000x30' },
    ],
  },
  {
    alert: 'StoredLate',
    minute: 12,
    fires: [
      {
        'telemetry_received_to_stored_seconds_bucket{le="30"}': '0x20',
        'telemetry_received_to_stored_seconds_bucket{le="60"}': '0+10x20',
        'telemetry_received_to_stored_seconds_bucket{le="+Inf"}': '0+10x20',
      },
    ],
    quiet: [
      {
        'telemetry_received_to_stored_seconds_bucket{le="30"}': '0+10x20',
        'telemetry_received_to_stored_seconds_bucket{le="60"}': '0+10x20',
        'telemetry_received_to_stored_seconds_bucket{le="+Inf"}': '0+10x20',
      },
    ],
  },
  {
    alert: 'RequestsNotAcknowledged',
    minute: 6,
    fires: [{ telemetry_requests_not_acknowledged_total: '0+1x10' }],
    quiet: [{ telemetry_requests_not_acknowledged_total: '3x10' }],
  },
  {
    alert: 'RequestsTurnedAway',
    minute: 12,
    fires: [
      { 'telemetry_requests_turned_away_total{why="full"}': '0+1x20' },
      { 'telemetry_requests_turned_away_total{why="behind"}': '0+1x20' },
    ],
    quiet: [
      { 'telemetry_requests_turned_away_total{why="full"}': '7x20' },
      { 'telemetry_requests_turned_away_total{why="too-often"}': '0+1x20' },
    ],
  },
  {
    alert: 'ReadingsRefused',
    minute: 25,
    fires: [
      { ...accepted(60), ...refused(10) },
      { ...accepted(0), ...refused(1) },
    ],
    quiet: [
      { ...accepted(60), ...refused(1) },
      { ...accepted(0), ...refused(0) },
    ],
  },
  {
    alert: 'PendingNearLimit',
    minute: 3,
    fires: [{ telemetry_pending_bytes: '90x5', telemetry_pending_bytes_limit: '100x5' }],
    quiet: [{ telemetry_pending_bytes: '70x5', telemetry_pending_bytes_limit: '100x5' }],
  },
]

const serviceCases: AlertCase[] = [
  {
    alert: 'ServiceDown',
    minute: 3,
    fires: [{ 'up{job="consumer"}': '0x5' }],
    quiet: [{ 'up{job="consumer"}': '1x5', 'up{job="unrelated"}': '0x5' }],
  },
  {
    alert: 'ServiceMissing',
    minute: 4,
    fires: [{ 'up{job="producer"}': '1x5' }, { 'up{job="consumer"}': '1x5' }],
    quiet: [{ 'up{job="producer"}': '1x5', 'up{job="consumer"}': '0x5' }],
  },
  {
    alert: 'ServiceNotReady',
    minute: 4,
    fires: [{ 'telemetry_ready{job="consumer"}': '0x5' }],
    quiet: [{ 'telemetry_ready{job="consumer"}': '1x5' }],
  },
  {
    alert: 'ServerDown',
    minute: 4,
    fires: [{ 'telemetry_service_up{name="kafka-0"}': '0x5' }],
    quiet: [{ 'telemetry_service_up{name="kafka-0"}': '0 1x5' }],
  },
  {
    alert: 'DatabaseAway',
    minute: 4,
    fires: [{ 'telemetry_account_view_timestamp_seconds{pipeline="readings"}': '0x5' }],
    quiet: [
      {
        // If only one consumer cannot query the database, the database is reachable.
        'telemetry_account_view_timestamp_seconds{instance="a"}': '0x5',
        'telemetry_account_view_timestamp_seconds{instance="b"}': '0+60x5',
      },
    ],
  },
  {
    alert: 'StoringInterrupted',
    minute: 3,
    fires: [{ 'telemetry_database_outage{pipeline="readings"}': '1x5' }],
    quiet: [{ 'telemetry_database_outage{pipeline="readings"}': '0x5' }],
  },
  {
    alert: 'KafkaAway',
    minute: 3,
    fires: [{ telemetry_topic_view_timestamp_seconds: '0x5' }],
    quiet: [{ telemetry_topic_view_timestamp_seconds: '0+60x5' }],
  },
  {
    alert: 'LiveMapStandsStill',
    minute: 15,
    fires: [{ ...accepted(60), telemetry_dashboard_records_total: '5x20' }],
    quiet: [
      { ...accepted(60), telemetry_dashboard_records_total: '0+60x20' },
      { ...accepted(0), telemetry_dashboard_records_total: '5x20' },
    ],
  },
  {
    alert: 'RestartsAgainAndAgain',
    minute: 9,
    fires: [{ 'process_start_time_seconds{job="consumer"}': '0+60x10' }],
    quiet: [{ 'process_start_time_seconds{job="consumer"}': '5x5 300x5' }],
  },
  {
    alert: 'RetentionOverdue',
    minute: 65,
    fires: [{ telemetry_days_overdue: '1x70' }],
    quiet: [{ telemetry_days_overdue: '1x20 0x5 1x50' }],
  },
  {
    alert: 'MemoryNearLimit',
    minute: 15,
    fires: [
      {
        ...resident('producer', 500e6),
        'telemetry_pending_bytes_limit{job="producer"}': `${32 * 2 ** 20}x60`,
      },
      resident('consumer', 600e6),
      resident('dashboard', 600e6),
    ],
    quiet: [
      {
        ...resident('producer', 500e6),
        'telemetry_pending_bytes_limit{job="producer"}': `${128 * 2 ** 20}x60`,
      },
      resident('consumer', 500e6),
      resident('dashboard', 350e6),
    ],
  },
  {
    alert: 'EventLoopBlocked',
    minute: 8,
    fires: [{ 'nodejs_eventloop_lag_p99_seconds{job="dashboard"}': '0.9x10' }],
    quiet: [{ 'nodejs_eventloop_lag_p99_seconds{job="dashboard"}': '0.1x10' }],
  },
]

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
