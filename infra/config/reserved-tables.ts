/**
 * What the platform's own statements call by name: tables, views, and what stands for one within a
 * statement. A table of readings of such a name would be hidden by it, or hide it.
 */
export const reservedTables: readonly string[] = [
  'account_check',
  'dead_letter',
  'event_log',
  'first_of_key',
  'gone',
  'incoming',
  'inserted',
  'latest_position',
  'offset_span',
  'partition_ledger',
  'reindexed_day',
  'retired_day',
  'schema_migration',
  'vehicle',
]
