import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { blocks, reservePortBlock } from '../../../../scripts/ports/port-block.ts'
import { identify } from '../../../../services/runtime/process/process-identity.ts'

describe('reservePortBlock', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'av-telemetry-ports-'))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  /** Reserves all blocks but one for a process. */
  function reserveOthers(than: number, holder: string): void {
    for (let first: number = blocks.first; first < blocks.end; first += blocks.size) {
      if (first !== than) symlinkSync(holder, join(folder, String(first)))
    }
  }

  const runningProcess = (): string => `${process.ppid} ${identify(process.ppid)?.startedAt}`

  it('takes the only block that no running process has reserved', () => {
    reserveOthers(17_000, runningProcess())
    expect(reservePortBlock(folder)).to.deep.equal({ first: 17_000, end: 18_000 })
  })

  it('does not give the same block twice, and says so when none is left', () => {
    reserveOthers(17_000, runningProcess())
    reservePortBlock(folder)
    expect(() => reservePortBlock(folder)).to.throw(/^All ports from 12000 to 31999 are reserved/)
  })

  it('takes the block of a process that has ended', () => {
    const { pid } = spawnSync(process.execPath, ['--version'])
    reserveOthers(0, `${pid} 1`)
    expect(reservePortBlock(folder).first).to.be.within(blocks.first, blocks.end)
  })
})
