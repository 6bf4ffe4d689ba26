import type { AlertCase } from './alert-case.ts'
import { accepted, resident } from './alert-case.ts'

export const serviceCases: readonly AlertCase[] = [
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
    alert: 'CertificateRefused',
    minute: 2,
    fires: [{ telemetry_ingress_certificate_unused: '1x5' }],
    quiet: [{ telemetry_ingress_certificate_unused: '0x5' }],
  },
  {
    alert: 'CertificateExpires',
    minute: 6,
    // The time of the test begins at 0.
    fires: [
      { telemetry_ingress_certificate_expiry_timestamp_seconds: `${13 * 86_400}x10` },
      { telemetry_ingress_certificate_expiry_timestamp_seconds: '0x10' },
    ],
    quiet: [{ telemetry_ingress_certificate_expiry_timestamp_seconds: `${15 * 86_400}x10` }],
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
