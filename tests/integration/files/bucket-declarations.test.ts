import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { castiron, FileTenant, orders } from '../../support/file-tenant.ts'
import { until } from '../../support/until.ts'

const log = 'example_config.toml_error_log_.txt'

describe('A declaration in the bucket', function () {
  this.timeout(120_000)
  let files: FileTenant

  before(async () => {
    files = await FileTenant.create()
    await files.startWorker()
  })

  after(() => files[Symbol.asyncDispose]())

  type Row = { readonly file: string; readonly fault: string; readonly reason: string }
  const pipeline = async (name: string): Promise<Row | undefined> => {
    const [row] = await files.tenant.sql<Row>(
      `SELECT file, coalesce(fault, '') AS fault, coalesce(pause_reason, '') AS reason
       FROM pipeline WHERE name = $1`,
      [name],
    )
    return row
  }
  const ids = () => files.tenant.sql('SELECT id::int FROM data.castiron ORDER BY id')

  it('takes effect, and its folders are created', async () => {
    files.drop('example_config.toml', castiron, '.')
    await until(
      'the pipeline is declared',
      async () => (await pipeline('example_config')) !== undefined,
    )
    expect(await pipeline('example_config')).to.deep.equal({
      ...{ file: 'bucket:example_config.toml', fault: '', reason: '' },
    })
    await until('its folders are there', () => existsSync(join(files.bucket, '05_canceled')))
    for (const folder of ['01_inbox', '02_processing', '03_archive', '04_failed'])
      expect(existsSync(join(files.bucket, folder)), folder).to.equal(true)
    files.drop('data_test.tsv', 'id\tname\n1\tAnn\n')
    await files.untilMoved(1)
    expect(await ids()).to.deep.equal([{ id: 1 }])
    expect(files.names('03_archive')).to.deep.equal(['data_test.tsv'])
  })

  it('that gets a fault stays in effect as before, with the fault at the pipeline and beside the file', async () => {
    files.drop(
      'example_config.toml',
      castiron.replace('inbox_dir = "01_inbox"', 'inbox_dir = 1'),
      '.',
    )
    const { fault } = await until('the fault is shown', async () => {
      const row = await pipeline('example_config')
      return row?.fault === '' ? undefined : row
    })
    expect(fault).to.include(
      'line 4, column 13: castiron.etl.inbox_dir: expected the path of a folder',
    )
    expect(files.read(log)).to.equal(`${fault}\n`)
    files.drop('more_test.tsv', 'id\tname\n2\tBob\n')
    await files.untilMoved(2)
    expect(await ids()).to.deep.equal([{ id: 1 }, { id: 2 }])
    files.drop('example_config.toml', castiron, '.')
    await until('it is corrected', async () => (await pipeline('example_config'))?.fault === '')
    await until('the file with the reason is removed', () => !existsSync(join(files.bucket, log)))
  })

  it('has folders relative to its own folder, and is not read in the folders of files', async () => {
    files.drop('other.toml', castiron, '01_inbox')
    files.drop('shop.toml', orders(), 'team/shop')
    await until('the pipeline is declared', async () => (await pipeline('orders')) !== undefined)
    expect(await pipeline('orders')).to.include({ file: 'bucket:team/shop/shop.toml', fault: '' })
    await until('its inbox is there', () => existsSync(join(files.bucket, 'team/shop/01_inbox')))
    files.drop('a.csv', 'id,name,price\n1,Ann,1\n', 'team/shop/01_inbox')
    await files.untilMoved(3)
    expect(files.names('team/shop/03_archive')).to.deep.equal(['a.csv'])
    expect(await pipeline('other')).to.equal(undefined)
  })

  it('cannot have the name of a pipeline of the folder of the worker', async () => {
    files.declare('taken', orders().replaceAll('"orders"', '"taken"'))
    await until('the pipeline is declared', async () => (await pipeline('taken')) !== undefined)
    files.drop('x.toml', orders().replaceAll('"orders"', '"taken"'), '.')
    await until('the reason is beside the file', () =>
      existsSync(join(files.bucket, 'x.toml_error_log_.txt')),
    )
    expect(files.read('x.toml_error_log_.txt')).to.include('declares the pipeline "taken" already')
    expect((await pipeline('taken'))?.file).to.match(/pipelines\/taken\.toml$/)
  })

  it('that is removed pauses its pipeline until it is back', async () => {
    rmSync(join(files.bucket, 'example_config.toml'))
    await until(
      'the pipeline is paused',
      async () =>
        (await pipeline('example_config'))?.reason === 'Its file was removed from the bucket.',
    )
    files.drop('example_config.toml', castiron, '.')
    await until('it is resumed', async () => (await pipeline('example_config'))?.reason === '')
  })
})
