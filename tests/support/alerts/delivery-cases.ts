import type { AlertCase } from './alert-case.ts'

export const deliveryCases: readonly AlertCase[] = [
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
    alert: 'PipelineNeedsDecision',
    minute: 1,
    fires: [
      {
        'telemetry_pipeline_needs_decision{pipeline="logbook",instance="a"}': '1x5',
        'telemetry_pipeline_needs_decision{pipeline="other",instance="a"}': '0x5',
      },
    ],
    quiet: [{ 'telemetry_pipeline_needs_decision{pipeline="logbook"}': '0x5' }],
  },
  {
    alert: 'PipelineNotStored',
    minute: 80,
    fires: [
      {
        'telemetry_account_in_flight_offsets{pipeline="orders"}': '3x90',
        'telemetry_account_settled_offsets{pipeline="orders"}': '7x90',
        // Another pipeline that stores does not hide it.
        'telemetry_account_in_flight_offsets{pipeline="other"}': '3x90',
        'telemetry_account_settled_offsets{pipeline="other"}': '7+1x90',
      },
    ],
    quiet: [
      {
        'telemetry_account_in_flight_offsets{pipeline="orders"}': '3x90',
        'telemetry_account_settled_offsets{pipeline="orders"}': '7+1x90',
      },
      {
        'telemetry_account_in_flight_offsets{pipeline="orders"}': '0x90',
        'telemetry_account_settled_offsets{pipeline="orders"}': '7x90',
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
  {
    alert: 'TasksFail',
    minute: 10,
    fires: [{ 'telemetry_tasks{pipeline="job",state="failed"}': '1x5 2x10' }],
    quiet: [
      { 'telemetry_tasks{pipeline="job",state="failed"}': '2x20' },
      { 'telemetry_tasks{pipeline="job",state="complete"}': '0+9x20' },
    ],
  },
  {
    alert: 'OutboxWaits',
    minute: 5,
    fires: [{ telemetry_outbox_messages: '10001x10' }, { telemetry_outbox_age_seconds: '301x10' }],
    quiet: [{ telemetry_outbox_messages: '10000x10', telemetry_outbox_age_seconds: '300x10' }],
  },
  {
    alert: 'MessagesRefused',
    minute: 2,
    fires: [{ telemetry_messages_refused: '1x5' }],
    quiet: [{ telemetry_messages_refused: '0x5' }],
  },
  {
    alert: 'OutputsWait',
    minute: 5,
    fires: [{ telemetry_outputs_age_seconds: '301x10' }],
    quiet: [{ telemetry_outputs_age_seconds: '300x10' }],
  },
  {
    alert: 'FileStatusWaits',
    minute: 5,
    fires: [{ telemetry_file_status_age_seconds: '301x10' }],
    quiet: [{ telemetry_file_status_age_seconds: '300x10' }],
  },
  {
    alert: 'WorkerLost',
    minute: 3,
    fires: [{ telemetry_workers_lost: '1x5' }],
    quiet: [{ telemetry_workers_lost: '0x5' }],
  },
  {
    alert: 'FilesUnmatched',
    minute: 12,
    fires: [{ telemetry_files_unmatched: '1x15' }],
    quiet: [{ telemetry_files_unmatched: '1x5 0x10' }],
  },
  {
    alert: 'BucketUnreadable',
    minute: 4,
    fires: [
      // One worker at a time looks for files.
      {
        'telemetry_bucket_unreadable{instance="a"}': '1x5',
        'telemetry_bucket_unreadable{instance="b"}': '0x5',
      },
    ],
    quiet: [{ telemetry_bucket_unreadable: '1 0x5' }, { telemetry_bucket_unreadable: '0x5' }],
  },
]
