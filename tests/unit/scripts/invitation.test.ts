import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { toConfig } from '../../../infra/config/config.ts'
import {
  describeOpenFile,
  readInvitation,
  toInvitationText,
} from '../../../scripts/worker/invitation.ts'
import { parseWorkerRequest } from '../../../scripts/worker/request.ts'
import { configOfInvitation } from '../../../scripts/worker/worker-config.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'

const login = (user: string) => ({ user, password: `password of ${user}` })
const text = toInvitationText({
  platform: 'av_telemetry',
  kafka: {
    brokers: [
      { host: '192.0.2.7', port: 9192 },
      { host: '::7', port: 9193 },
    ],
    ...{ topic: 'test_topic', minInsyncReplicas: 2, flushEachBatch: true, ...login('w') },
  },
  postgres: {
    ...{ host: '192.0.2.7', port: 54_321, database: 'av_telemetry', table: 'diag' },
    ...{ worker: login('w'), reader: login('r') },
  },
  handlers: { processes: 4, megabytes: 128, allowedUrls: '' },
  trips: toConfig({}).dashboard.trips,
  accountCheckHours: 2,
  logLevel: 'info',
})

describe('The invitation of a worker', () => {
  let folder: TemporaryFolder
  const file = () => join(folder.path, 'invitation.json')
  before(() => (folder = new TemporaryFolder()))
  after(() => {
    folder[Symbol.dispose]()
  })

  const write = (content: string, mode = 0o600): string => {
    writeFileSync(file(), content)
    chmodSync(file(), mode)
    return file()
  }
  const faultOf = (content: string): string => {
    write(content)
    try {
      readInvitation(file())
    } catch (error) {
      return (error as Error).message.replaceAll(folder.path, '')
    }
    return 'none'
  }

  it('becomes the configuration of a worker, with its own logins', () => {
    const config = configOfInvitation(readInvitation(write(text)), '/handlers')
    expect(config.kafka).to.deep.equal({
      brokers: ['192.0.2.7:9192', '[::7]:9193'],
      topic: 'test_topic',
      login: { mechanism: 'scram-sha-256', username: 'w', password: 'password of w' },
    })
    const server = { host: '192.0.2.7', port: 54_321, database: 'av_telemetry', table: 'diag' }
    expect(config.postgres).to.deep.equal({ ...server, ...login('w') })
    expect(config.reader).to.deep.equal({ ...server, ...login('r') })
    expect(config).to.include({ folder: '/handlers', checkIntervalSeconds: 7_200 })
    expect(config).to.include({ minInsyncReplicas: 2, flushEachBatch: true, logLevel: 'info' })
  })

  for (const [what, content, expected] of [
    ['is not JSON', text.slice(1), /^\/invitation\.json is not an invitation\. Copy the file/],
    ['is another JSON file', '["a"]', /^\/invitation\.json is not an invitation\./],
    [
      'has another version',
      text.replace('"version": 1', '"version": 2'),
      /^\/invitation\.json is an invitation of version 2, and this clone reads version 1\./,
    ],
    [
      'has a wrong value',
      text.replace('9192', '"x"'),
      /^The invitation \/invitation\.json is damaged \(kafka\.brokers\.0\.port: .*\)\. Copy it again/,
    ],
  ] as const) {
    it(`is refused with the reason if the file ${what}`, () => {
      expect(faultOf(content)).to.match(expected)
    })
  }

  it('is refused with the reason if the file is missing or is a folder', () => {
    expect(() => readInvitation('/nowhere/a')).to.throw(
      /^The invitation \/nowhere\/a cannot be read/,
    )
    expect(() => readInvitation(folder.path)).to.throw(/cannot be read: it is a folder\.$/)
  })

  it('causes a warning if other users can read the file', () => {
    expect(describeOpenFile(write(text, 0o640))).to.match(/^Warning: other users .* chmod 600 /)
    expect(describeOpenFile(write(text, 0o600))).to.equal(undefined)
  })
})

describe('The arguments of npm run worker', () => {
  const work = { instances: 1, isDebuggable: false, pipelines: undefined }

  it('run a worker beside the platform, or invite another machine', () => {
    const noChoice = {}
    expect(parseWorkerRequest([])).to.deep.equal({ kind: 'run', work, choice: noChoice })
    expect(parseWorkerRequest(['--instances', '3', '--pipelines', 'a', 'b'])).to.deep.equal({
      ...{ kind: 'run', choice: noChoice },
      work: { ...work, instances: 3, pipelines: ['a', 'b'] },
    })
    for (const args of [
      ['invite', '--out', '/a', '--target', 'docker'],
      ['--target', 'docker', 'invite', '--out', '/a'],
    ]) {
      expect(parseWorkerRequest(args)).to.deep.include({ kind: 'invite', file: '/a' })
      expect(parseWorkerRequest(args)).to.have.deep.nested.property('choice.target', 'docker')
    }
  })

  it('accept --invitation with --folder, and refuse it with --target', () => {
    const args = ['--invitation', '/a', '--folder', '/b']
    expect(parseWorkerRequest(args)).to.deep.equal({
      ...{ kind: 'join', work, invitation: '/a', folder: '/b' },
    })
    for (const wrong of [
      [...args, '--target', 'local'],
      ['--folder', '/b'],
      ['--instances', '0'],
    ])
      expect(() => parseWorkerRequest(wrong), wrong.join(' ')).to.throw()
  })
})
