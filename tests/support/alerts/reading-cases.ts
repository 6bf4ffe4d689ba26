import type { AlertCase } from './alert-case.ts'
import { accepted, settled, refused } from './alert-case.ts'

export const readingCases: readonly AlertCase[] = [
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
    alert: 'ProxyHeadersRefused',
    minute: 5,
    fires: [{ 'telemetry_proxy_headers_refused_total{why="wrong-secret"}': '0x3 1x5' }],
    quiet: [{ 'telemetry_proxy_headers_refused_total{why="wrong-secret"}': '1x9' }],
  },
  {
    alert: 'PendingNearLimit',
    minute: 3,
    fires: [{ telemetry_pending_bytes: '90x5', telemetry_pending_bytes_limit: '100x5' }],
    quiet: [{ telemetry_pending_bytes: '70x5', telemetry_pending_bytes_limit: '100x5' }],
  },
]
