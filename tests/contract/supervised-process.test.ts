import { existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { SupervisedProcess } from '../../infra/local/supervised-process.ts'
import { until } from '../support/until.ts'

const fullDisk = '/dev/full'

/** A service plan that runs a shell script. */
function supervised(script: string, logFile: string): SupervisedProcess {
  const command = {
    name: 'consumer-0',
    role: 'consumer',
    file: '/bin/sh',
    args: ['-c', script],
    env: {},
    logFile,
    stopSignal: 'SIGTERM',
    restart: true,
  } as const
  return new SupervisedProcess(command, () => undefined)
}

describe('supervised process', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'av-telemetry-supervised-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('restarts after it exits and logs the restart', async () => {
    const logFile = join(folder, 'consumer-0.log')
    const process = supervised('exit 3', logFile)
    process.start()
    await until('the process is restarted', () => process.restarts > 0)
    await process.stop(1_000)
    expect(readFileSync(logFile, 'utf8')).to.match(
      /^\S+ supervisor: consumer-0 ended unexpectedly \(exit code 3\)\n/,
    )
  })

  it('closes its files and its log to other users, and keeps the umask of its supervisor', async () => {
    const [logFile, written] = [join(folder, 'consumer-0.log'), join(folder, 'written')]
    const before = process.umask(0o022)
    const started = supervised(`echo reading > ${written}; sleep 60`, logFile)
    started.start()
    await until('the file is written', () => existsSync(written))
    await started.stop(1_000)
    const modes = [logFile, written].map((path) => (statSync(path).mode & 0o777).toString(8))
    expect(modes).to.deep.equal(['600', '600'])
    expect(process.umask(before)).to.equal(0o022)
  })

  it('restarts when its log cannot be written', async function () {
    if (!existsSync(fullDisk)) this.skip()
    const process = supervised('exit 3', fullDisk)
    process.start()
    await until('the process is restarted', () => process.restarts > 0)
    await process.stop(1_000)
  })

  it('is killed after the grace period when its log cannot be written', async function () {
    if (!existsSync(fullDisk)) this.skip()
    const process = supervised("trap '' TERM; while :; do sleep 1; done", fullDisk)
    process.start()
    await process.stop(200)
    expect(process.identity).to.equal(undefined)
  })

  it('is retried while its log cannot be opened', async () => {
    const logs = join(folder, 'logs')
    mkdirSync(logs)
    const process = supervised('exec sleep 60', join(logs, 'consumer-0.log'))
    process.start()
    rmSync(logs, { recursive: true })
    globalThis.process.kill(process.identity?.pid ?? 0, 'SIGKILL')
    await until('the process is retried twice', () => process.restarts > 1)
    expect(process.identity).to.equal(undefined)
    mkdirSync(logs)
    await until('the process runs', () => process.identity !== undefined)
    await process.stop(1_000)
  })

  it('reports at the first start that its log cannot be opened', () => {
    const process = supervised('exit 0', join(folder, 'noAddressFile', 'consumer-0.log'))
    expect(() => {
      process.start()
    }).to.throw('ENOENT')
  })
})
