import { expect } from 'chai'
import type { ParsedPipeline } from '../../../services/pipelines/declaration/parse-pipeline.ts'
import { parsePipeline } from '../../../services/pipelines/declaration/parse-pipeline.ts'

const job = `name = "job"
from.topic = "job"
run = { by = "method", params = "params" }
to.topic = "db"
errors = "error"
`
const margin = `name = "margin"
from.schedule = { every = "1 h" }
sql = "sql/margin.sql"
reads = { table = "classifieds", time = "created_at" }
[to.table]
name = "margin_info"
key = ["from_timestamp"]
on_conflict = "update"
`
const select = 'SELECT a FROM b WHERE c >= $1 AND c < $2'

/** Files of SQL, by name. */
function readSqlOf(text = select) {
  return (file: string) =>
    file === 'sql/margin.sql' ? { text } : { fault: `does not exist in /folder.` }
}

const parse = (text: string, sql?: string): ParsedPipeline => parsePipeline(text, readSqlOf(sql))

function faultsOf(parsed: ParsedPipeline): string[] {
  if (parsed.ok) return []
  return parsed.faults.map(({ line, column, message }) => `${line}:${column} ${message}`)
}

function declarationOf(text: string, sql?: string) {
  const parsed = parse(text, sql)
  if (!parsed.ok) throw new Error(faultsOf(parsed).join('\n'))
  return parsed.declaration
}

/** The faults after a part of a declaration has been replaced. */
function faultsWith(valid: string, part: string | RegExp, replacement: string): string[] {
  const text = valid.replace(part, replacement)
  expect(text, `"${String(part)}" is in the declaration`).to.not.equal(valid)
  return faultsOf(parse(text))
}

type Wrong = readonly [part: string | RegExp, replacement: string, fault: string]

const wrongJobs: readonly Wrong[] = [
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
const wrongSchedules: readonly Wrong[] = [
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

describe('parsePipeline', () => {
  it('returns a declaration of tasks with the defaults of its keys', () => {
    expect(declarationOf('name = "job"\nfrom.topic = "job"\nrun = "count"\n')).to.deep.equal({
      ...{ kind: 'task', name: 'job', isEnabled: true },
      source: { kind: 'topic', name: 'job', start: 'earliest', group: undefined },
      step: { kind: 'run', handler: 'count' },
      ...{ concurrency: 4, timeoutMs: 600_000 },
      retry: { attempts: 3, firstMs: 1_000, longestMs: 60_000 },
      to: { kind: 'none' },
      errors: undefined,
    })
  })

  it('reads all keys of a pipeline whose messages are tasks', () => {
    const text = `name = "job"
enabled = false
from.topic = { name = "jobs", start = "latest", group = "workers" }
run = { by = "method", params = "args" }
concurrency = 8
timeout = "5 min"
retry = { attempts = 5, first = "2 s", longest = "10 s" }
errors = "error"
to.tables = { create = true }
`
    expect(declarationOf(text)).to.deep.equal({
      ...{ kind: 'task', name: 'job', isEnabled: false },
      source: { kind: 'topic', name: 'jobs', start: 'latest', group: 'workers' },
      step: { kind: 'run-by', method: 'method', params: 'args' },
      ...{ concurrency: 8, timeoutMs: 300_000 },
      retry: { attempts: 5, firstMs: 2_000, longestMs: 10_000 },
      to: { kind: 'tables', mayCreate: true },
      errors: 'error',
    })
  })

  it('reads a schedule with SQL, whose window is the previous one unless it is declared', () => {
    expect(declarationOf(margin)).to.deep.include({
      source: {
        kind: 'schedule',
        schedule: {
          rule: { kind: 'every', ms: 3_600_000 },
          window: { kind: 'previous' },
          ...{ allowedLatenessMs: 120_000, catchUp: 48 },
        },
        reads: { table: 'classifieds', time: 'created_at' },
      },
      step: { kind: 'sql', file: 'sql/margin.sql', text: select },
      to: {
        kind: 'table',
        table: { name: 'margin_info', key: ['from_timestamp'], onConflict: { kind: 'update' } },
      },
    })
  })

  it('reads a cron rule with a time zone, and a fixed window', () => {
    const text = `name = "report"
from.schedule = { cron = "0 6 * * MON", time_zone = "Europe/Berlin", window = { from = 2026-01-01T00:00:00+01:00, to = "2026-02-01T00:00:00Z" } }
run = "report"
`
    expect(declarationOf(text)).to.deep.include({
      source: {
        kind: 'schedule',
        schedule: {
          rule: { kind: 'cron', cron: '0 6 * * MON', timeZone: 'Europe/Berlin' },
          window: {
            kind: 'fixed',
            fromMs: Date.UTC(2025, 11, 31, 23),
            toMs: Date.UTC(2026, 1, 1),
          },
          ...{ allowedLatenessMs: 0, catchUp: 1 },
        },
        reads: undefined,
      },
    })
  })

  it('reads a pipeline whose tasks come from the API only', () => {
    const declaration = declarationOf('name = "job"\nfrom.api = true\nrun = "load"\n')
    expect(declaration).to.deep.include({
      source: { kind: 'api' },
      step: { kind: 'run', handler: 'load' },
    })
  })

  it('returns a stream pipeline if the step is map', () => {
    const declaration = declarationOf(
      'name = "a"\nfrom.topic = "a"\nmap.columns = [{ name = "id", type = "text" }]\nto.table.name = "a"\n',
    )
    expect(declaration).to.not.have.property('kind')
  })

  it('reports all faults of one file, in the order of the file', () => {
    const text = margin
      .replace('"1 h"', '"0 s"')
      .replace('"created_at"', '""')
      .replace('"margin"', '7')
    const places = faultsOf(parse(text)).map((fault) => fault.split(' ')[0])
    expect(places).to.deep.equal(['1:8', '2:27', '4:41'])
  })

  for (const [part, replacement, fault] of wrongJobs) {
    it(`refuses a pipeline of messages with ${JSON.stringify(replacement)}: ${fault}`, () => {
      expect(faultsWith(job, part, replacement).join('\n')).to.include(fault)
    })
  }

  for (const [part, replacement, fault] of wrongSchedules) {
    it(`refuses a scheduled pipeline with ${JSON.stringify(replacement)}: ${fault}`, () => {
      expect(faultsWith(margin, part, replacement).join('\n')).to.include(fault)
    })
  }
})
