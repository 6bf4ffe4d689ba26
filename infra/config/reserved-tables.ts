/**
 * Names that the platform's statements use for tables, views and parts of a statement. The table of
 * readings cannot have one of them: one would hide the other.
 */
export const reservedTables: readonly string[] = [
  'account_check',
  'dead_letter',
  'event_log',
  'first_of_key',
  'gone',
  'incoming',
  'incoming_outcome',
  'inserted',
  'latest_position',
  'offset_span',
  'origin_position',
  'outbox',
  'partition_ledger',
  'pipeline',
  'reindexed_day',
  'retired_day',
  'retired_task',
  'schema_migration',
  'setting',
  'setting_change',
  'task',
  'task_count',
  'task_log',
  'unreadable_offsets',
  'vehicle',
  'worker',
]
