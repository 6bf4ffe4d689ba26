import { expect } from 'chai'
import { DeclaredTenant } from '../../support/declared-tenant.ts'
import type { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

describe('settings that apply at run time', function () {
  this.timeout(120_000)
  let declared: DeclaredTenant
  let tenant: Tenant

  before(async () => {
    declared = await DeclaredTenant.create({ partitions: 1 })
    ;({ tenant } = declared)
    await declared.startWorker()
    await declared.untilLines('pipeline-started', 1)
  })

  after(async () => {
    await declared[Symbol.asyncDispose]()
  })

  const run = (...args: string[]) => declared.run('config', ...args)
  const insert = (pipeline: string, key: string, value: string) =>
    tenant.sql(
      `INSERT INTO setting (pipeline, key, value) VALUES ('${pipeline}', '${key}', ${value})
       ON CONFLICT (pipeline, key) DO UPDATE SET value = excluded.value`,
    )
  const refusal = async (statement: Promise<unknown>) => {
    const error = await statement.then(
      () => undefined,
      (reason: unknown) => reason as Error & { code: string },
    )
    return [error?.code, error?.message]
  }
  const pipelineKeys = 'enabled, batch.records, batch.within, commit_every'
  const duration = 'a whole number and ms, s, min, h or d, e.g. "30 s", above 0 and up to 1 h'
  const wrong = [
    ['classifieds.enabled', 'yes', 'expected true or false, not "yes".'],
    ['classifieds.batch.records', '0', 'expected a whole number from 1 to 100000, not "0".'],
    [
      'classifieds.batch.records',
      '100001',
      'expected a whole number from 1 to 100000, not "100001".',
    ],
    ['classifieds.batch.records', '1.5', 'expected a whole number from 1 to 100000, not "1.5".'],
    ['classifieds.batch.records', '', 'expected a whole number from 1 to 100000, not "".'],
    ['classifieds.batch.within', '5', `expected ${duration}, not "5".`],
    ['classifieds.batch.within', '0 s', `expected ${duration}, not "0 s".`],
    ['classifieds.batch.within', '61 min', `expected ${duration}, not "61 min".`],
    ['classifieds.commit_every', 'all', 'expected a whole number from 1 to 1000000, not "all".'],
    ['worker.log_level', 'loud', 'expected one of error, warn, info, debug, not "loud".'],
  ] as const
  const unknown = [
    [
      'classifieds.batch',
      `There is no setting "classifieds.batch"; the pipeline has: ${pipelineKeys}.`,
    ],
    ['worker.enabled', 'There is no setting "worker.enabled"; the workers have: worker.log_level.'],
    [
      'none.enabled',
      'There is no pipeline "none"; the declared ones are: classifieds. The settings of all workers are: worker.log_level.',
    ],
  ] as const

  const split = (name: string) => {
    const [pipeline = '', ...key] = name.split('.')
    return [pipeline, key.join('.')] as const
  }

  it('refuse every wrong value in words, by SQL', async () => {
    for (const [name, value, message] of wrong) {
      const refused = await refusal(insert(...split(name), `'${value}'`))
      expect(refused, name).to.deep.equal(['22023', `${name}: ${message}`])
    }
    const missing = await refusal(insert('classifieds', 'enabled', 'NULL'))
    expect(missing[1]).to.equal('classifieds.enabled: expected true or false, not null.')
    for (const [name, message] of unknown) {
      expect(await refusal(insert(...split(name), `'true'`))).to.deep.equal(['22023', message])
    }
    const [row] = await tenant.sql('SELECT count(*)::int AS changes FROM setting_change')
    expect(row).to.deep.equal({ changes: 0 })
  })

  it('refuse wrong values and names in words, by command, with exit code 2', async () => {
    for (const [name, value, message] of wrong.slice(0, 2)) {
      const { code, out } = await run('set', name, value)
      expect([code, out]).to.deep.equal([2, `${name}: ${message}\n`])
    }
    const [name, message] = unknown[0]
    for (const args of [
      ['set', name, '1'],
      ['get', name],
      ['unset', name],
      ['history', name],
    ]) {
      const { code, out } = await run(...args)
      expect([code, out], args.join(' ')).to.deep.equal([2, `${message}\n`])
    }
  })

  it('stop and start a pipeline, by command', async () => {
    const { code, out } = await run('set', 'classifieds.enabled', 'false')
    expect([code, out]).to.deep.equal([
      ...[0, 'Set classifieds.enabled to false. Workers apply it within a second.\n'],
    ])
    await declared.untilLines('pipeline-stopped', 1)
    const listed = await declared.run('pipeline', 'list')
    expect(listed.out).to.match(/^classifieds +\| disabled/m)
    const removed = await run('unset', 'classifieds.enabled')
    expect(removed.out).to.include('The value of the file applies again.')
    await declared.untilLines('pipeline-started', 2)
    const again = await run('unset', 'classifieds.enabled')
    expect([again.code, again.out]).to.deep.equal([
      ...[2, 'The setting classifieds.enabled is not set.\n'],
    ])
  })

  it('apply a value that SQL writes, and are listed with where they come from', async () => {
    await insert('classifieds', 'batch.records', `'500'`)
    await declared.untilLines('pipeline-started', 3)
    await tenant.sql(`UPDATE setting SET value = '600' WHERE key = 'batch.records'`)
    await declared.untilLines('pipeline-started', 4)
    const { out } = await run('list')
    const lines = out.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))
    expect(lines.slice(2, -1)).to.deep.equal([
      ['classifieds.enabled', 'true', 'file'],
      ['classifieds.batch.records', '600', 'setting'],
      ['classifieds.batch.within', '1 s', 'default'],
      ['classifieds.commit_every', 'none', 'default'],
      ['worker.log_level', tenant.config.services.logLevel, 'file'],
    ])
    expect((await run('get', 'classifieds.batch.records')).out).to.equal('600\n')
  })

  it('refuse another name in a row, and TRUNCATE, which would write no history', async () => {
    const renamed = await refusal(tenant.sql(`UPDATE setting SET key = 'enabled'`))
    expect(renamed[1]).to.include('The name of the setting classifieds.batch.records cannot change')
    const truncated = await refusal(tenant.sql('TRUNCATE setting'))
    expect(truncated[1]).to.include('Use DELETE FROM setting.')
  })

  it('have a history: old value, new value, by whom', async () => {
    await tenant.sql('DELETE FROM setting')
    const changes = await tenant.sql(
      `SELECT key, old_value, new_value, changed_by = session_user AS by_sql
       FROM setting_change ORDER BY id`,
    )
    expect(changes).to.deep.equal([
      { key: 'enabled', old_value: null, new_value: 'false', by_sql: false },
      { key: 'enabled', old_value: 'false', new_value: null, by_sql: false },
      { key: 'batch.records', old_value: null, new_value: '500', by_sql: true },
      { key: 'batch.records', old_value: '500', new_value: '600', by_sql: true },
      { key: 'batch.records', old_value: '600', new_value: null, by_sql: true },
    ])
    const { out } = await run('history', 'classifieds.enabled')
    expect(out.trimEnd().split('\n')).to.have.length(4)
    expect((await run('history')).out.trimEnd().split('\n')).to.have.length(7)
  })

  it('change the log level of a running worker', async () => {
    await insert('worker', 'log_level', `'debug'`)
    await until('the level is debug', () => declared.log.logger.level === 'debug')
    await tenant.sql(`DELETE FROM setting WHERE pipeline = 'worker'`)
    await until('the level is back', () => declared.log.logger.level === 'info')
  })

  it('cannot be written by the roles of the services', async () => {
    const [row] = await tenant.sql(
      `SELECT bool_or(has_table_privilege(role, 'setting', 'INSERT, UPDATE, DELETE')) AS writes,
              bool_and(has_table_privilege(role, 'setting', 'SELECT')) AS reads
       FROM unnest(ARRAY['telemetry_worker', 'telemetry_reader']) AS role`,
    )
    expect(row).to.deep.equal({ writes: false, reads: true })
  })
})
