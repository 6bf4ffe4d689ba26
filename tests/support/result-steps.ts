import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { BucketPlatform } from './bucket-platform.ts'
import { fencedCode } from './documents.ts'
import { until } from './until.ts'

const csv = `day,country,cases
2020-04-06,Estonia,1108
2020-04-07,Estonia,1149
2020-04-08,Estonia,1185
`

/** Defines the test of "Results in the bucket" in docs/examples/q-etl/README.md. @param platform its workers have a copy of this example */
export function describeResults(platform: () => BucketPlatform): void {
  it('the rows of a task become one object of the bucket, which a manifest lists, and CSV is made of it', async () => {
    const { folder, home, run, read, namesIn } = bound(platform())
    const [declaration = ''] = fencedCode('docs/examples/q-etl/README.md', ['toml'])
    writeFileSync(join(folder, 'pipelines', 'report.toml'), declaration)
    await until('the pipeline runs', async () => {
      const [row] = await home.sql<{ found: boolean }>(
        `SELECT count(*) = 1 AS found FROM pipeline WHERE name = 'report' AND declaration IS NOT NULL`,
      )
      return row?.found === true
    })
    const params = ['--params', '{ "country": "Estonia" }', '--wait']
    const job = await run('job', '--', 'ingest_covid_data', '--pipeline', 'report', ...params)
    expect(job.code, job.out).to.equal(0)
    const id = Number(/The task (\d+) is complete: 3 rows\./.exec(job.out)?.[1])
    const [installation] = await home.sql<{ id: string }>('SELECT id FROM installation')
    const key = `outputs/report/${id}-${installation?.id}.ndjson`
    const [day = ''] = await until('the manifest is there', async () => {
      const names = await namesIn('outputs/report/manifest')
      return names.length > 0 && names
    })
    const content = await read(key)
    expect(content.split('\n', 1)[0]).to.equal(
      '{"table":"covid_cases","row":{"day":"2020-04-06","country":"Estonia","cases":1108}}',
    )
    const sha256 = createHash('sha256').update(content).digest('hex')
    const fields = ['day', 'country', 'cases']
    expect(JSON.parse(await read(`outputs/report/manifest/${day}`))).to.deep.equal({
      ...{ task: id, key, rows: 3, bytes: Buffer.byteLength(content), sha256 },
      tables: [{ name: 'covid_cases', refresh: true, rows: 3, fields }],
    })
    const shown = await run('tasks', '--', 'output', String(id))
    expect(shown.code, shown.out).to.equal(0)
    expect(shown.out).to.include(`object   ${key}`).and.include(`sha256   ${sha256}`)
    const printed = home.command('tasks', '--', 'output', String(id), '--as-csv')
    expect(await printed.waitForExit(), printed.output).to.equal(0)
    expect(printed.stdout.replaceAll('\r\n', '\n')).to.equal(csv)
    const at = `http://127.0.0.1:${home.config.dashboard.hostPort}`
    const response = await fetch(`${at}/api/tasks/${id}/output.csv`)
    expect((await response.text()).replaceAll('\r\n', '\n')).to.equal(csv)
  })
}

const bound = (platform: BucketPlatform) => ({
  folder: platform.folder,
  home: platform.home,
  run: platform.run.bind(platform),
  read: platform.read.bind(platform),
  namesIn: platform.namesIn.bind(platform),
})
