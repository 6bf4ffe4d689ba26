import { chmodSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { readRunRecord, writeRunRecord } from '../../../infra/local/run-record.ts'
import { DeclarationFolder } from '../../../services/worker/declarations/read-folder.ts'
import { classifieds, writeDeclaration } from '../../support/declared.ts'
import { DeclaredTenant } from '../../support/declared-tenant.ts'
import type { Tenant } from '../../support/tenant.ts'
import { asUnprivilegedUser, unprivilegedUid } from '../../support/unprivileged-user.ts'
import { until } from '../../support/until.ts'

describe('a declaration that cannot be put into effect', function () {
  this.timeout(120_000)
  let declared: DeclaredTenant

  beforeEach(async () => {
    declared = await DeclaredTenant.create({ partitions: 1 })
  })

  afterEach(() => declared[Symbol.asyncDispose]())

  const readiness = async () => {
    const { opsHostPort } = declared.tenant.config.worker
    const response = await fetch(`http://127.0.0.1:${opsHostPort}/readyz`)
    return { status: response.status, body: await response.json() }
  }

  it('because its table exists is tried again, also while its file is unchanged', async () => {
    const { tenant } = declared
    await tenant.sql('CREATE TABLE data.classifieds (something integer)')
    await declared.startWorker({ intervalMs: 100 })
    await declared.untilLines('pipeline-refused', 1)
    expect(declared.linesOf('pipeline-refused')[0]?.['faults']).to.deep.equal([
      'The table "data"."classifieds" exists already, and no pipeline has created it. Drop it, or choose another name.',
    ])
    // A refusal for another reason is reported, and the same one is not reported again.
    await tenant.sql(
      `DROP TABLE data.classifieds; CREATE TYPE data.classifieds AS ENUM ('something')`,
    )
    await declared.untilLines('pipeline-refused', 2)
    expect(declared.linesOf('pipeline-refused')[1]?.['faults']).to.deep.equal([
      'The database has refused the table "data"."classifieds": type "classifieds" already exists. Change the declaration or the database; the worker tries again.',
    ])
    await tenant.sql('DROP TYPE data.classifieds')
    await declared.untilLines('pipeline-started', 1)
    await declared.send([{ id: 'a', created_at: '2020-04-08T18:00:00Z' }])
    await declared.untilSettled(1)
    expect(declared.linesOf('pipeline-refused')).to.have.length(2)
  })

  it('does not stop other pipelines', async () => {
    await declared.tenant.sql(`CREATE TYPE data.classifieds AS ENUM ('something')`)
    const other = classifieds(`${declared.topic}-other`).replaceAll('"classifieds"', '"other"')
    writeDeclaration(declared.path, 'other', other)
    await declared.startWorker()
    await declared.untilLines('pipeline-started', 1)
    expect(declared.linesOf('pipeline-started')[0]).to.include({ pipeline: 'other' })
    expect(declared.linesOf('pipeline-refused')).to.have.length(1)
  })

  it('because its folder does not exist has its reason in /readyz, in status and in the log', async () => {
    const folder = join(declared.path, 'pipelines')
    const hidden = join(declared.path, 'hidden')
    renameSync(folder, hidden)
    const reason = `The folder ${folder} does not exist. Create it, or change worker.folder.`
    await declared.startWorker({ intervalMs: 100 })
    await declared.untilLines('pipelines-not-read', 1)
    expect(declared.linesOf('pipelines-not-read')[0]).to.include({ error: reason })
    expect(await readiness()).to.deep.equal({ status: 503, body: { ready: false, reason } })
    recordWorker(declared.tenant)
    const { out } = await declared.run('status')
    expect(out).to.include(`worker-0 is not ready: ${reason}`)
    const { services } = JSON.parse((await declared.run('status', '--json')).out) as {
      services: { name: string; reason: string | null }[]
    }
    expect(services.find(({ name }) => name === 'worker-0')).to.include({ reason })
    renameSync(hidden, folder)
    await until('the worker is ready', async () => (await readiness()).status === 200)
  })

  it('because its folder cannot be read names the folder and the user of the worker', async () => {
    const folder = join(declared.path, 'pipelines')
    chmodSync(declared.path, 0o700)
    const error = await asUnprivilegedUser(() =>
      new DeclarationFolder(declared.path).read().then(
        () => undefined,
        (reason: unknown) => (reason as Error).message,
      ),
    )
    const user = process.geteuid?.() === 0 ? unprivilegedUid : process.geteuid?.()
    expect(error).to.equal(
      `User ${user} cannot read the folder ${folder}. Allow it to read the folder and its files, for example with chmod -R a+rX.`,
    )
  })
})

/** Records the worker of a tenant as a running process of the platform. */
function recordWorker({ deployment }: Tenant): void {
  const record = readRunRecord(deployment.folders.state)
  if (record === undefined) throw new Error('there is no record')
  const worker = { ...record.supervisor, name: 'worker-0', role: 'worker' as const }
  writeRunRecord(deployment.folders.state, { ...record, processes: [worker] })
}
