import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { kafkaOf } from '../support/servers.ts'
import { root } from '../../scripts/platform/paths.ts'
import { createKafka } from '../../services/adapters/kafka/client.ts'
import type { File, Files, ManagerStatus } from '../../services/dashboard/api/files.ts'
import { BucketPlatform } from '../support/bucket-platform.ts'
import { describeProgress } from '../support/progress-steps.ts'
import { ReadTopic } from '../support/read-topic.ts'
import { describeResults } from '../support/result-steps.ts'
import { serviceLogger } from '../support/service-log.ts'
import { until } from '../support/until.ts'
import { findVersitygw } from '../../scripts/platform/versitygw.ts'

const example = (name: string): string => join(root, 'docs', 'examples', 'castiron', name)
const folders = ['01_inbox', '02_processing', '03_archive', '04_failed', '05_canceled']

/** Files with one type, whatever their names are. */
const byType = `[castiron.etl]
enabled = true
handled_mimetypes = "application/json"
inbox_dir = "01_inbox"
[castiron.etl.python]
worker_run_method = "etl.example.example_file_processor.process"
`
/** One file at a time, by a handler that does not end before the file is canceled. */
const slow = `concurrency = 1
[castiron.etl]
enabled = true
handled_file_glob = ".slow"
inbox_dir = "01_inbox"
processing_dir = "02_processing"
canceled_dir = "05_canceled"
[castiron.etl.python]
worker_run_method = "etl.slow.process"
`
const slowHandler = `import { handler, z } from 'av-telemetry'
export const slow = handler({
  name: 'etl.slow.process',
  params: z.looseObject({}),
  run: (_, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason))
    }),
})
`

/** The table "Step by step" of docs/examples/castiron/README.md. */
for (const where of ['in a folder', 'in a bucket of an S3 server'] as const) {
  describe(`the example of files in the form of Cast Iron, ${where}`, function () {
    this.timeout(240_000)
    let platform: BucketPlatform | undefined
    let tracker: ReadTopic | undefined

    before(async function () {
      const program = where === 'in a folder' ? undefined : findVersitygw()
      // Neither versitygw nor Go, which builds it, is installed. `npm test` has printed this.
      if (where !== 'in a folder' && program === undefined) this.skip()
      platform = await BucketPlatform.start(program)
      const kafka = kafkaOf(platform.home)
      tracker = new ReadTopic(createKafka(kafka, 'a-client', serviceLogger), 'pizza-tracker')
    })

    after(async () => {
      await tracker?.[Symbol.asyncDispose]()
      await platform?.[Symbol.asyncDispose]()
    })

    const used = (): BucketPlatform => platform ?? expect.fail('the platform has not started')
    const drop = (...args: string[]) => used().run('drop', '--', ...args)
    const names = (folder: string) => used().namesIn(folder)
    const rowsOf = (text: string) => used().home.sql<{ count: number }>(text)
    const fileOf = async (name: string): Promise<File | undefined> => {
      const { files } = (await used().request(`/api/files?key=01_inbox/${name}`)) as Files
      return files[0]
    }
    const log = () => readFileSync(join(used().home.folders.logs, 'worker-0.log'), 'utf8')
    const logHas = (...lines: string[]) =>
      until(`the log of the worker has ${lines.join(', ')}`, () =>
        lines.every((line) => log().includes(`"line":"${line}"`)),
      )

    it('npm run status shows that the worker is ready, and where the bucket is', async () => {
      const status = await used().run('status')
      expect(status.code, status.out).to.equal(0)
      expect(status.out)
        .to.match(/worker-0 +.*ready/)
        .and.include(used().store.address)
    })

    it('a declaration in the bucket is in effect, and its folders are there', async () => {
      const dropped = await drop(
        example('example_config.toml'),
        example('example_python_config.toml'),
      )
      expect(dropped).to.include({ code: 0 })
      await until('the folders are there', async () => {
        const found = await used().store.browse('', '.toml')
        return folders.every((folder) => found.folders.includes(folder))
      })
      const declared = () => rowsOf(`SELECT count(*)::int FROM pipeline WHERE file LIKE 'bucket:%'`)
      await until('both are declared', async () => (await declared())[0]?.count === 2)
      const list = await used().run('pipeline', '--', 'list')
      expect(list.out).to.include('castiron').and.include('example_python_config')
    })

    it('a file of the inbox is loaded and archived, and its rows are in the table', async () => {
      expect(await drop(example('data_test.tsv'), '--to', 'castiron', '--wait')).to.include({
        code: 0,
      })
      expect(await rowsOf('SELECT count(*)::int FROM castiron')).to.deep.equal([{ count: 5 }])
      await until('it is archived', async () => (await names('03_archive')).length === 1)
      expect(await used().request('/api/files/1')).to.deep.include({
        ...{ key: '01_inbox/data_test.tsv', pipeline: 'castiron', state: 'complete' },
        ...{ lines: 5, rows: 5, rejected: 0, target: '03_archive/data_test.tsv' },
      })
      expect([...(await names('01_inbox')), ...(await names('02_processing'))]).to.deep.equal([])
    })

    it('the handler logs the lines of a file, and the file is archived', async () => {
      expect(await drop(example('test.csv'), '--wait')).to.include({ code: 0 })
      await until('it is archived', async () => (await names('03_archive')).includes('test.csv'))
      await logHas('field1,field2', '3,three', 'test.csv has 4 lines')
    })

    it('a second file with the same name gets another name, and a bad file has its reason beside it', async () => {
      const more = 'id\tname\tmeasured_at\tvalue\n6\tBuoy\t2026-01-05T07:00:00Z\t1\n'
      await used().write('01_inbox/data_test.tsv', more)
      await used().write('01_inbox/bad_test.tsv', 'a\tb\n1\t2\n')
      await until('both are moved', async () => {
        return (await names('03_archive')).length + (await names('04_failed')).length === 5
      })
      expect(await names('03_archive')).to.include('data_test.2.tsv')
      expect(await names('04_failed')).to.deep.equal(['bad_test.tsv', 'bad_test.tsv.error_log'])
      expect(await used().read('04_failed/bad_test.tsv.error_log')).to.include(
        'The header has no fields "id", "name"',
      )
      expect(await rowsOf('SELECT count(*)::int FROM castiron')).to.deep.equal([{ count: 6 }])
    })

    describeProgress(() => tracker ?? expect.fail('the topic is not read'))

    it('a file is matched by its type or by the end of its name, and waits if nothing matches', async () => {
      await used().write('by_type.toml', byType)
      await used().write('01_inbox/abcsv', 'field1,field2\n1,one\n')
      await used().write('01_inbox/message', '{"field1":1}\n')
      await until('the JSON is archived', async () =>
        (await names('03_archive')).includes('message'),
      )
      await logHas('message has 1 lines')
      expect((await fileOf('message'))?.pipeline).to.equal('by_type')
      const unmatched = await until('the other file is found', () => fileOf('abcsv'))
      expect(unmatched).to.include({ state: 'unmatched', pipeline: null })
    })

    it('POST /manager/cancel-record/{id} cancels a file that is processed and one that waits', async () => {
      mkdirSync(join(used().folder, 'handlers'), { recursive: true })
      writeFileSync(join(used().folder, 'handlers', 'slow.ts'), slowHandler)
      await used().write('slow.toml', slow)
      const inState = async (name: string, state: File['state']): Promise<File> => {
        let file: File | undefined
        const condition = () => `${name} is ${state}. It is ${JSON.stringify(file)}`
        return until(condition, async () => {
          file = await fileOf(name)
          return file?.state === state && file
        })
      }
      await used().write('01_inbox/a.slow', 'first\n')
      const running = await inState('a.slow', 'running')
      await used().write('01_inbox/b.slow', 'second\n')
      const waiting = await inState('b.slow', 'queued')
      // The dashboard counts files once a second.
      const untilCounted = (expected: Partial<ManagerStatus>) =>
        until(`GET /manager/status returns ${JSON.stringify(expected)}`, async () => {
          const status = (await used().request('/manager/status')) as ManagerStatus
          return Object.entries(expected).every(
            ([state, count]) => status[state as keyof ManagerStatus] === count,
          )
        })
      await untilCounted({ Processing: 1, Queued: 1, Canceled: 0 })
      const cancel = ({ id }: File) => used().request(`/manager/cancel-record/${id}`, 'POST')
      expect(await cancel(waiting)).to.include({ id: waiting.id, state: 'canceled' })
      expect(await cancel(running)).to.include({ id: running.id, isCancelRequested: true })
      await until('both are in the folder of canceled files', async () => {
        return (await names('05_canceled')).join() === 'a.slow,b.slow'
      })
      await untilCounted({ Processing: 0, Queued: 0, Canceled: 2, Failed: 1 })
      const left = [...(await names('01_inbox')), ...(await names('02_processing'))]
      expect(left).to.deep.equal(['abcsv'])
    })

    describeResults(used)
  })
}
