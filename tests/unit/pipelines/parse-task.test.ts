import { expect } from 'chai'
import type { ParsedPipeline } from '../../../services/pipelines/declaration/parse-pipeline.ts'
import { parsePipeline } from '../../../services/pipelines/declaration/parse-pipeline.ts'
import { wrongJobs, wrongSchedules } from './wrong-tasks.ts'

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
