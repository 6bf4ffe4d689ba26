import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { writeDeclaration } from '../../support/declared.ts'
import { DeclaredTenant } from '../../support/declared-tenant.ts'

const declarations = {
  job: 'name = "job"\nfrom.api = true\nrun = { by = "method" }\n',
  hourly: 'name = "hourly"\nfrom.schedule.every = "1 h"\nrun = "count"\n',
  daily: 'name = "daily"\nfrom.schedule.cron = "0 6 * * *"\nrun = "count"\n',
}

describe('settings of pipelines with tasks', function () {
  this.timeout(120_000)
  let declared: DeclaredTenant

  before(async () => {
    declared = await DeclaredTenant.create({ partitions: 1 })
    rmSync(join(declared.path, 'pipelines', 'classifieds.toml'))
    for (const [name, text] of Object.entries(declarations))
      writeDeclaration(declared.path, name, text)
    await declared.startWorker({ intervalMs: 100 })
    await declared.untilLines('pipeline-declared', 3)
  })

  after(() => declared[Symbol.asyncDispose]())

  const run = (...args: string[]) => declared.run('config', ...args)

  const valid = [
    ['job.enabled', 'false'],
    ['job.concurrency', '8'],
    ['job.timeout', '90 s'],
    ['job.retry.attempts', '5'],
    ['hourly.schedule.every', '1 min'],
    ['daily.schedule.cron', '*/5 8-18 1,15 JAN-MAR/2 MON-FRI'],
  ] as const

  it('replace the values of the file', async () => {
    for (const [name, value] of valid) {
      const { code, out } = await run('set', name, value)
      expect([code, out], name).to.deep.equal([
        0,
        `Set ${name} to ${value}. Workers apply it within a second.\n`,
      ])
      expect((await run('get', name)).out).to.equal(`${value}\n`)
    }
  })

  const ofTasks = 'enabled, concurrency, timeout, retry.attempts'
  const cron = 'minute, hour, day of the month, month, day of the week, e.g. 0 * * * *'
  const refused = [
    [
      'job.batch.records',
      '5',
      `There is no setting "job.batch.records"; the pipeline has: ${ofTasks}.`,
    ],
    [
      'job.schedule.every',
      '1 h',
      `There is no setting "job.schedule.every"; the pipeline has: ${ofTasks}.`,
    ],
    [
      'hourly.schedule.cron',
      '0 * * * *',
      `There is no setting "hourly.schedule.cron"; the pipeline has: ${ofTasks}, schedule.every.`,
    ],
    [
      'daily.schedule.every',
      '1 h',
      `There is no setting "daily.schedule.every"; the pipeline has: ${ofTasks}, schedule.cron.`,
    ],
    ['job.concurrency', '0', 'job.concurrency: expected a whole number from 1 to 1000, not "0".'],
    [
      'hourly.schedule.every',
      '999 ms',
      'hourly.schedule.every: expected a whole number and ms, s, min, h or d, e.g. "30 s", at least 1 s and up to 366 d, not "999 ms".',
    ],
    [
      'daily.schedule.cron',
      '61 * * * *',
      `daily.schedule.cron: expected ${cron}, not "61 * * * *".`,
    ],
    [
      'daily.schedule.cron',
      '0 0 31 2 *',
      `daily.schedule.cron: expected ${cron}, not "0 0 31 2 *".`,
    ],
  ] as const

  it('are refused with a sentence if they are of another kind of pipeline, or wrong', async () => {
    for (const [name, value, message] of refused) {
      const { code, out } = await run('set', name, value)
      expect([code, out], name).to.deep.equal([2, `${message}\n`])
    }
  })

  it('are refused by the database too, but for rules that never come', async () => {
    for (const [name, value, message] of refused.slice(0, -1)) {
      const [pipeline = '', ...key] = name.split('.')
      const statement = `INSERT INTO setting (pipeline, key, value) VALUES ('${pipeline}', '${key.join('.')}', '${value}')
        ON CONFLICT (pipeline, key) DO UPDATE SET value = excluded.value`
      const fault: unknown = await declared.tenant.sql(statement).catch((error: unknown) => error)
      expect((fault as Error).message, name).to.equal(message)
    }
  })

  it('are listed for each pipeline that has them', async () => {
    const { out } = await run('list')
    expect(out).to.match(/^hourly\.schedule\.every +\| 1 min +\| setting/m)
    expect(out).to.match(/^daily\.timeout +\| 10 min +\| file/m)
    expect(out).to.not.include('job.batch')
  })
})
