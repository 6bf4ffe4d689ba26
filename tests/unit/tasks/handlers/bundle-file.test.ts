import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { stop } from 'esbuild'
import { bundleFile } from '../../../../services/tasks/handlers/loading/bundle-file.ts'
import { TemporaryFolder } from '../../../support/temporary-folder.ts'
import { until } from '../../../support/until.ts'

/** The process ids of esbuild that this process has started. Linux only. */
function esbuildProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const parent = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        return Number(parent) === process.pid && command.includes('esbuild')
      } catch {
        return false
      }
    })
}

describe('A file of handlers', () => {
  it('is bundled also after the process of esbuild was killed (Linux only)', async function () {
    if (process.platform !== 'linux') this.skip()
    using folder = new TemporaryFolder()
    const file = join(folder.path, 'handlers.ts')
    writeFileSync(file, 'export const answer: number = 42\n')
    // Another test may have started one.
    await stop()
    const before = esbuildProcesses()
    const first = await bundleFile(file, folder.path)
    expect(first.outcome.ok).to.equal(true)
    const started = esbuildProcesses().filter((pid) => !before.includes(pid))
    expect(started).to.have.length(1)
    for (const pid of started) process.kill(pid, 'SIGKILL')
    await until('it has ended', () => !esbuildProcesses().some((pid) => started.includes(pid)))
    const second = await bundleFile(file, folder.path)
    expect(second.outcome).to.deep.equal(first.outcome)
  })
})
