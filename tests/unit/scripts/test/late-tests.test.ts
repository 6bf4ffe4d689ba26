import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { root } from '../../../../scripts/platform/paths.ts'
import { TemporaryFolder } from '../../../support/temporary-folder.ts'

/** The first test lasts until the time is over. */
const tests = `
const over = Number(process.env.AV_TELEMETRY_LAST_TEST_AT) * 1000
describe('first', () => {
  it('waits', async () => { while (Date.now() <= over) await new Promise((done) => setTimeout(done, 20)) })
  it('comes too late', () => {})
  after(() => console.log('after first'))
})
describe('second', () => {
  before(() => console.log('before second'))
  describe('nested', () => it('comes too late', () => {}))
})
`

type Run = { readonly out: string; readonly summary: { readonly late: readonly string[] } }

/** Runs the tests. @param last the time after which no test begins, in seconds since 1970 */
function runTests(last: string): Run {
  using folder = new TemporaryFolder()
  const file = join(folder.path, 'late.test.cjs')
  const summary = join(folder.path, 'summary.json')
  writeFileSync(file, tests)
  const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js')
  const reporter = join(root, 'tests', 'support', 'reporter.cjs')
  const { stdout } = spawnSync(
    process.execPath,
    [
      mocha,
      '--no-config',
      '--timeout',
      '0',
      '--reporter',
      reporter,
      '-O',
      `summary=${summary}`,
      file,
    ],
    {
      cwd: folder.path,
      encoding: 'utf8',
      env: { ...process.env, AV_TELEMETRY_LAST_TEST_AT: last },
    },
  )
  return { out: stdout, summary: JSON.parse(readFileSync(summary, 'utf8')) as Run['summary'] }
}

const inSeconds = (seconds: number): string => (Date.now() / 1000 + seconds).toFixed(3)

describe('Tests after the time limit of a run', () => {
  it('do not begin, count as skipped, and are named by their files', () => {
    const { out, summary } = runTests(inSeconds(8))
    expect(out).to.include('after first')
    expect(out).to.not.include('before second')
    expect(out.trimEnd().split('\n').at(-1)).to.equal('1 passed, 0 failed, 2 skipped')
    expect(summary.late).to.deep.equal(['late.test.cjs'])
  }).timeout(30_000)

  it('all count as skipped if the run begins after it', () => {
    const { out, summary } = runTests(inSeconds(-1))
    expect(out.trimEnd().split('\n').at(-1)).to.equal('0 passed, 0 failed, 3 skipped')
    expect(summary.late).to.deep.equal(['late.test.cjs'])
  }).timeout(30_000)

  it('run if there is no limit', () => {
    const { out, summary } = runTests('')
    expect(out.trimEnd().split('\n').at(-1)).to.equal('3 passed, 0 failed, 0 skipped')
    expect(summary.late).to.deep.equal([])
  }).timeout(30_000)
})
