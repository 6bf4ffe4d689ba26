import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as pulumi from '@pulumi/pulumi'
import { expect } from 'chai'
import { secretNames } from '../../../infra/topology/placement.ts'
import type { DeclaredPlatform } from './declared-platform.ts'
import { defaultPlatform, largePlatform, platforms, token } from './declared-platform.ts'
import { valueOf } from '../recorder.ts'

type Upload = { readonly file: string; readonly content: pulumi.Output<string> }

const uploadsOf = ({ container }: DeclaredPlatform) => container('secrets').inputs.uploads ?? []

describe('Docker secrets', () => {
  it('consist of ten passwords with 32 letters and digits', async () => {
    const { resources } = await defaultPlatform()
    const passwords = resources.filter(({ kind }) => kind === 'RandomPassword')
    expect(passwords.map(({ name, inputs }) => [name, inputs])).to.deep.equal([
      ['password-owner', { length: 32, special: false }],
      ['password-writer', { length: 32, special: false }],
      ['password-worker', { length: 32, special: false }],
      ['password-operator', { length: 32, special: false }],
      ['password-reader', { length: 32, special: false }],
      ['password-kafka', { length: 32, special: false }],
      ['password-kafka-worker', { length: 32, special: false }],
      ['password-zookeeper', { length: 32, special: false }],
      ['password-proxy', { length: 32, special: false }],
      ['password-gateway', { length: 32, special: false }],
    ])
  })

  it('are uploaded as files to the volumes of a single container, which keeps no copy', async () => {
    const platform = await defaultPlatform()
    expect(uploadsOf(platform)).to.deep.equal([
      { file: '/run/secrets/owner/incoming', content: 'clear password-owner' },
      { file: '/run/secrets/writer/incoming', content: 'clear password-writer' },
      { file: '/run/secrets/worker/incoming', content: 'clear password-worker' },
      { file: '/run/secrets/operator/incoming', content: 'clear password-operator' },
      { file: '/run/secrets/reader/incoming', content: 'clear password-reader' },
      { file: '/run/secrets/kafka/incoming', content: 'clear password-kafka' },
      { file: '/run/secrets/kafka-worker/incoming', content: 'clear password-kafka-worker' },
      { file: '/run/secrets/zookeeper/incoming', content: 'clear password-zookeeper' },
      { file: '/run/secrets/proxy/incoming', content: 'clear password-proxy' },
      { file: '/run/secrets/gateway/incoming', content: 'clear password-gateway' },
    ])
    const withUploads = platform.containers.filter(({ inputs }) => inputs.uploads !== undefined)
    expect(withUploads.map(({ name }) => name)).to.deep.equal(['secrets'])
  })

  it('include the token as the last secret when it is configured', async () => {
    const [last, ...more] = uploadsOf(await largePlatform()).slice(secretNames.length)
    expect(last).to.deep.equal({ file: '/run/secrets/token/incoming', content: token })
    expect(more).to.deep.equal([])
  })

  it('contain the token only when configured, and refuse to mount an unknown secret', async () => {
    const [withoutToken, withToken] = [await defaultPlatform(), await largePlatform()]
    expect(withoutToken.secrets.has('reader')).to.equal(true)
    expect(withoutToken.secrets.has('token')).to.equal(false)
    expect(withToken.secrets.has('token')).to.equal(true)
    expect(() => withoutToken.secrets.mount('token')).to.throw('there is no secret token')
  })

  it('are all encrypted in the Pulumi state', async () => {
    const { container, containers } = await largePlatform()
    const uploads = container('secrets').given['uploads'] as Upload[]
    const areSecret = await Promise.all(uploads.map(({ content }) => pulumi.isSecret(content)))
    expect(areSecret).to.have.length(secretNames.length + 1)
    expect(areSecret).to.not.include(false)
    for (const { name, secretInputs } of containers) {
      expect(secretInputs, name).to.deep.equal(name === 'secrets' ? ['uploads'] : [])
    }
  })

  it('do not expose the token in values that change with it', async () => {
    const [withoutToken, withToken] = [await defaultPlatform(), await largePlatform()]
    for (const { secrets } of [withoutToken, withToken]) {
      expect(await pulumi.isSecret(secrets.versionOf('token'))).to.equal(true)
    }
    expect(await valueOf(withToken.secrets.versionOf('token'))).to.equal(token)
    expect(await valueOf(withoutToken.secrets.versionOf('token'))).to.equal('')
  })

  for (const [title, platform] of Object.entries(platforms)) {
    it(`do not appear in plain text in any other input (${title})`, async () => {
      const { resources, outputs } = await platform()
      const { events, networkAddress, psql, guarantee } = outputs
      const texts = resources.map(({ inputs }) => JSON.stringify({ ...inputs, uploads: [] }))
      const outputTexts = await Promise.all([events, networkAddress, psql].map(valueOf))
      const everything = [...texts, ...outputTexts, ...guarantee].join('\n')
      expect(everything.length).to.be.greaterThan(10_000)
      expect(everything.includes('clear ')).to.equal(false)
    })
  }
})

describe('the script that writes the secrets', () => {
  let machine: string
  beforeEach(() => {
    machine = mkdtempSync(join(tmpdir(), 'av-telemetry-secrets-'))
    for (const name of ['owner', 'token']) {
      mkdirSync(join(machine, 'run', 'secrets', name), { recursive: true })
    }
  })
  afterEach(() => {
    rmSync(machine, { recursive: true })
  })

  const fileOf = (name: string) => join(machine, 'run', 'secrets', name, 'secret')
  const contents = () => ['owner', 'token'].map((name) => readFileSync(fileOf(name), 'utf8'))

  /** Writes the uploads, then runs the script like the container, with its folders moved into a test folder. */
  async function write(owner: string, given: string): Promise<void> {
    for (const [name, content] of Object.entries({ owner, token: given })) {
      writeFileSync(join(machine, 'run', 'secrets', name, 'incoming'), content)
    }
    await runScript()
  }

  async function runScript(): Promise<void> {
    const { container } = await defaultPlatform()
    const [shell = '', flag = '', script = ''] = container('secrets').inputs.command ?? []
    const moved = script.replaceAll('/run/secrets/', `${machine}/run/secrets/`)
    execFileSync(shell, [flag, moved])
  }

  it('writes each secret as a read-only file in a separate folder', async () => {
    await write('first', 'one')
    expect(contents()).to.deep.equal(['first', 'one'])
    for (const name of ['owner', 'token']) {
      expect((statSync(fileOf(name)).mode & 0o777).toString(8)).to.equal('444')
    }
  })

  it('keeps existing passwords and replaces the token', async () => {
    await write('first', 'one')
    await write('second', 'two')
    expect(contents()).to.deep.equal(['first', 'two'])
  })

  it('removes the uploaded files, and changes nothing when it runs again without them', async () => {
    await write('first', 'one')
    await runScript()
    expect(contents()).to.deep.equal(['first', 'one'])
    for (const name of ['owner', 'token']) {
      expect(readdirSync(join(machine, 'run', 'secrets', name))).to.deep.equal(['secret'])
    }
  })

  it('rewrites an empty secret file', async () => {
    writeFileSync(fileOf('owner'), '')
    await write('first', 'one')
    expect(contents()).to.deep.equal(['first', 'one'])
  })
})
