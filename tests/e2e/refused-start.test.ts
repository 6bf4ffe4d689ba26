import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import { PlatformHome } from '../support/started-platform.ts'

describe('npm start with a wrong configuration', function () {
  this.timeout(120_000)
  let home: PlatformHome

  before(async () => {
    home = await PlatformHome.create()
  })

  afterEach(() => home.stopCommands())

  after(async () => {
    await home[Symbol.asyncDispose]()
  })

  it('reports a port in use and the key that changes it, before it removes data', async () => {
    const { hostPort } = home.config.ingress
    const other = createServer().listen(hostPort, '127.0.0.1')
    const existing = join(home.folders.data, 'kafka-0')
    mkdirSync(existing, { recursive: true })
    const platform = home.start('--fresh')
    expect(await platform.waitForExit()).to.equal(1)
    expect(platform.output).to.equal(
      `Port ${hostPort}, which ingress-0 needs, is in use. Stop the program that uses it, or choose another port with --set ingress.hostPort=PORT.\n`,
    )
    other.close()
    expect(existsSync(existing)).to.equal(true)
    expect(home.processes()).to.deep.equal([])
  })

  it('refuses a missing token file and fewer brokers than before, before it removes data', async () => {
    mkdirSync(join(home.folders.data, 'kafka-1'))
    const fewer = home.start()
    expect(await fewer.waitForExit()).to.equal(1)
    expect(fewer.output).to.equal(
      'The state has data of 2 kafka servers, but kafka.instances is 1. Set it to 2, or start empty with --fresh.\n',
    )
    rmSync(join(home.folders.data, 'kafka-1'), { recursive: true })
    const files = ['ingress.tokenFile=/nowhere', 'dashboard.pmtilesFile=/etc/hostname']
    const token = home.start('--fresh', ...files.flatMap((file) => ['--set', file]))
    expect(await token.waitForExit()).to.equal(2)
    expect(token.output).to.match(
      /^ingress\.tokenFile: \/nowhere cannot be read \(ENOENT.*expected/,
    )
    expect(token.output).to.match(
      /^dashboard\.pmtilesFile: .* is not an archive of map tiles; expected/m,
    )
    expect(existsSync(join(home.folders.data, 'kafka-0'))).to.equal(true)
  })

  it('reports a wrong option of npm run fleet in one sentence', async () => {
    for (const [option, value, sentence] of [
      ['--token-file', '/nowhere', /^\/nowhere cannot be read \(ENOENT/],
      ['--trace', '/nowhere', /^\/nowhere: it cannot be read/],
      ['--num-vehicles', 'many', /Expected a whole number from 1 to 20000\./],
      ['--host', 'somewhere', /Expected HOST:PORT or https:/],
      ['--host', '::1:5001', /Expected HOST:PORT/],
    ] as const) {
      const fleet = home.command('fleet', '--', option, value)
      expect(await fleet.waitForExit()).to.equal(2)
      expect(fleet.output).to.match(sentence)
      expect(fleet.output).to.not.include('    at ')
    }
  })

  it('reports all errors of the configuration together', async () => {
    const faults = ['kafka.partition=3', 'kafka.replicationFactor=3', 'fleet.numVehicles=many']
    const platform = home.start(...faults.flatMap((fault) => ['--set', fault]))
    expect(await platform.waitForExit()).to.equal(2)
    for (const path of ['kafka.partition:', 'kafka.replicationFactor:', 'fleet.numVehicles:']) {
      expect(platform.output).to.include(`\n  ${path} `)
    }
  })
})
