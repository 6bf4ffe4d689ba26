/** A change of a valid declaration, and the fault that it makes. */
type Wrong = readonly [part: string | RegExp, replacement: string, fault: string]

export const wrongJobs: readonly Wrong[] = [
  ['run = {', 'rum = {', '1:1 The pipeline has no step; declare one of: map, run, sql, shell.'],
  [
    'to.topic',
    'map = { columns = [] }\nto.topic',
    '4:1 map: a pipeline has one step, and this one has "run" already',
  ],
  [
    'to.topic',
    'sql = "sql/margin.sql"\nto.topic',
    '4:1 sql: a pipeline has one step, and this one has "run" already',
  ],
  ['"job"\n', '"Job"\n', '1:8 name: expected a name of up to 63 lower-case letters'],
  ['"job"\n', '"readings"\n', '1:8 name: "readings" is the pipeline of the vehicles'],
  ['from.topic = "job"', 'from = {}', '2:8 from: declare "topic", "schedule", "files" or "api".'],
  ['from.topic = "job"', 'from.api = false', '2:12 from.api: expected true'],
  [
    'from.topic = "job"',
    'from = { topic = "job", api = true }',
    '2:31 from.api: the pipeline has from.topic already',
  ],
  ['"job"\nrun', '"my jobs"\nrun', '2:14 from.topic: expected a topic name'],
  [
    '"job"\nrun',
    '{ name = "job", group_by = "x" }\nrun',
    '2:30 from.topic.group_by: only for a pipeline with the step "map"; expected one of: name, start, group.',
  ],
  [
    '"job"\nrun',
    '{ name = "job", start = "committed" }\nrun',
    '2:38 from.topic.start: "committed" continues',
  ],
  ['to.topic', 'batch = { records = 1 }\nto.topic', '4:1 batch: only for a pipeline with the step'],
  [/run = .*/, 'run = "a handler"', '3:7 run: expected the name of a handler'],
  [/run = .*/, 'run = 7', '3:7 run: expected the name of a handler, or a table'],
  [/run = .*/, 'run = { params = "params" }', '3:7 run: declare "by"'],
  [/run = .*/, 'run = { by = "method", name = "x" }', '3:24 run.name: unknown key'],
  ['to.topic', 'concurrency = 0\nto.topic', '4:15 concurrency: expected a whole number from 1 to'],
  ['to.topic', 'timeout = "8 d"\nto.topic', '4:11 timeout: expected a whole number'],
  [
    'to.topic',
    'retry = { attempts = 0 }\nto.topic',
    '4:22 retry.attempts: expected a whole number',
  ],
  [
    'to.topic',
    'retry = { first = "2 min", longest = "1 min" }\nto.topic',
    '4:38 retry.longest: it is the longest pause',
  ],
  ['to.topic = "db"', 'to = {}', '4:6 to: declare "table", "tables", "topic" or "objects"'],
  [
    'to.topic = "db"',
    'to = { tables = { create = true }, topic = "db" }',
    '4:44 to.topic: the pipeline has to.tables already',
  ],
  [
    'to.topic = "db"',
    'to.topic = "job"',
    '4:12 to.topic: the pipeline reads the topic "job" itself',
  ],
  ['errors = "error"', 'errors = "job"', '5:10 errors: the pipeline reads the topic "job" itself'],
  ['errors = "error"', 'progress = "job"', '5:12 progress: the pipeline reads the topic "job"'],
  ['errors = "error"', 'errors = true', '5:10 errors: expected a topic name'],
  ['errors', 'reads = { table = "a", time = "b" }\nerrors', '5:9 reads: only for a'],
]

const schedule = '{ every = "1 h" }'
export const wrongSchedules: readonly Wrong[] = [
  [schedule, '{}', '2:17 from.schedule: declare "every" or "cron".'],
  [
    schedule,
    '{ every = "1 h", cron = "0 * * * *" }',
    '2:41 from.schedule.cron: there is "every" already',
  ],
  [
    schedule,
    '{ every = "500 ms" }',
    '2:27 from.schedule.every: expected a whole number and ms, s, min, h or d, e.g. "30 s", at least 1 s and up to 366 d; it is "500 ms".',
  ],
  [
    schedule,
    '{ every = "1 h", time_zone = "Europe/Berlin" }',
    '2:46 from.schedule.time_zone: "every" counts in UTC',
  ],
  [schedule, '{ cron = "61 * * * *" }', '2:26 from.schedule.cron: Invalid value for minute: 61'],
  [schedule, '{ cron = "@hourly" }', '2:26 from.schedule.cron: expected five fields'],
  [schedule, '{ cron = "0 0 31 2 *" }', '2:26 from.schedule.cron: "0 0 31 2 *" never comes'],
  [
    schedule,
    '{ cron = "0 * * * *", time_zone = "Mars/Olympus" }',
    '2:51 from.schedule.time_zone: there is no time zone "Mars/Olympus"',
  ],
  [
    schedule,
    '{ every = "1 h", allowed_lateness = "119 s" }',
    '2:53 from.schedule.allowed_lateness: expected a whole number and ms, s, min, h or d, e.g. "30 s", at least 2 min',
  ],
  [schedule, '{ every = "1 h", catch_up = 0 }', '2:45 from.schedule.catch_up: expected a whole'],
  [
    schedule,
    '{ every = "1 h", window = "last" }',
    '2:43 from.schedule.window: expected "previous"',
  ],
  [
    schedule,
    '{ every = "1 h", window = { from = 2026-01-01T00:00:00Z } }',
    '2:43 from.schedule.window: expected "previous", or both "from" and "to"; "to" is missing.',
  ],
  [
    schedule,
    '{ every = "1 h", window = { from = 2026-01-01, to = 2026-02-01T00:00:00Z } }',
    '2:52 from.schedule.window.from: expected a time with its offset from UTC, e.g. 2026-01-31T00:00:00Z; it is "2026-01-01".',
  ],
  [
    schedule,
    '{ every = "1 h", window = { from = 2026-02-01T00:00:00Z, to = 2026-01-01T00:00:00Z } }',
    '2:43 from.schedule.window: "from" must be before "to".',
  ],
  [
    schedule,
    '{ every = "1 h", catch_up = 1, window = { from = 2026-01-01T00:00:00Z, to = 2026-01-02T00:00:00Z } }',
    '2:45 from.schedule.catch_up: only for window = "previous"',
  ],
  [
    schedule,
    '{ every = "1 h", window = { from = 2026-01-01T00:00:00Z, to = 2026-01-02T00:00:00Z } }',
    '4:9 reads: only for window = "previous"',
  ],
  ['"classifieds"', '"margin_info"', '4:19 reads.table: the pipeline writes the table'],
  ['"created_at"', '"createdAt"', '4:41 reads.time: expected a lower-case SQL name'],
  ['"update"', '"newest:a"', '8:15 to.table.on_conflict: expected "keep" or "update"'],
  ['key = ["from_timestamp"]\n', '', '7:15 to.table.on_conflict: a table without "key"'],
  ['["from_timestamp"]', '["a", "a"]', '7:13 to.table.key: "a" is listed twice.'],
  ['["from_timestamp"]', '["xmin"]', '7:8 to.table.key: Postgres has a system column "xmin"'],
  ['"margin_info"', '"pg_margin"', '6:8 to.table.name: names that begin with "pg_"'],
  ['sql/margin.sql', 'sql/missing.sql', '3:7 sql: sql/missing.sql does not exist in /folder.'],
  ['sql/margin.sql', '../margin.sql', '3:7 sql: expected a file in the folder of the worker'],
  ['sql/margin.sql', '/etc/margin.sql', '3:7 sql: expected a file in the folder of the worker'],
  [/\[to.table\][^]*/, 'to.topic = "db"', '5:12 to.topic: the rows of "sql" are stored in a table'],
  [
    /\[to.table\][^]*/,
    'to.tables = { create = true }',
    '5:13 to.tables: the rows of "sql" name no table',
  ],
  [/\[to.table\][^]*/, '', '3:7 sql: sql/margin.sql returns rows; declare to.table for them.'],
  [
    `from.schedule = ${schedule}`,
    'from.topic = "a"',
    '3:7 sql: the statement gets the window of a schedule',
  ],
  [
    'sql = "sql/margin.sql"',
    'run = { by = "method" }',
    '3:14 run.by: it names a field of a message, and a scheduled run has none',
  ],
]
