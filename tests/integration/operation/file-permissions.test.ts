import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { postJson, readingJson } from '../../support/http-client.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'

/** The files below a folder that every user of the machine can read. */
function filesOfAll(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isSymbolicLink()) return []
    const path = join(folder, entry.name)
    const { mode } = statSync(path)
    if (entry.isDirectory()) return (mode & 0o001) === 0 ? [] : filesOfAll(path)
    return (mode & 0o004) === 0 ? [] : [path]
  })
}

/** The files of a folder that other users could read if they could enter it. */
function openFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => {
      const found = statSync(path, { throwIfNoEntry: false })
      return found?.isFile() === true && (found.mode & 0o044) !== 0
    })
}

describe('files of a platform on this machine', function () {
  this.timeout(120_000)
  let tenant: Tenant
  let state: string
  let data: string

  before(async () => {
    const { folders } = await sharedServers()
    state = folders.state
    data = folders.data
    tenant = await Tenant.create(await sharedServers())
    await tenant.startProducer()
    expect((await postJson(tenant, readingJson('PRIVATE'))).status).to.equal(202)
  })
  after(() => tenant[Symbol.asyncDispose]())

  it('cannot be read by other users of the machine', () => {
    expect(filesOfAll(state)).to.deep.equal([])
  })

  it('with the records of Kafka and ZooKeeper are closed one by one, too', () => {
    for (const name of ['kafka-0', 'zookeeper-0']) {
      expect(readdirSync(join(data, name)), name).not.to.deep.equal([])
      expect(openFiles(join(data, name)), name).to.deep.equal([])
    }
  })
})
