import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { FleetProcess } from '../../support/fleet-process.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { sequencesByVin, TelemetryServer } from '../../support/telemetry-server.ts'
import { until } from '../../support/until.ts'

const page = Buffer.alloc(4096)

describe('fleet process on a full disk', function () {
  this.timeout(120_000)
  let temporary: TemporaryFolder
  let disk: string

  /** A separate file system. Mounting it needs root. */
  before(function () {
    temporary = new TemporaryFolder()
    disk = join(temporary.path, 'disk')
    mkdirSync(disk)
    const options = ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]
    if (spawnSync('mount', options).status !== 0) this.skip()
  })
  after(() => {
    spawnSync('umount', [disk])
    temporary[Symbol.dispose]()
  })

  /** Fills the disk to the last page while vehicles write to it too. */
  function fillDisk(): void {
    const filling = openSync(join(disk, 'filling'), 'w')
    try {
      for (;;) writeSync(filling, page)
    } catch (error) {
      expect(error).to.have.property('code', 'ENOSPC')
    } finally {
      closeSync(filling)
    }
  }

  it('continues in memory, logs this once, and returns to the disk when there is room', async () => {
    await using server = await TelemetryServer.start()
    const journal = join(disk, 'journal')
    const events = (fleet: FleetProcess): string[] =>
      [...fleet.output.matchAll(/"event":"(uplink-journal-[^"]+)"/g)].map(
        ([, event]) => event ?? '',
      )
    const arrives = async (count: number): Promise<void> => {
      const atLeast = server.acknowledged.length + count
      await until('readings arrive', () => server.acknowledged.length >= atLeast)
    }
    {
      await using fleet = new FleetProcess({ host: server.host, journal })
      await arrives(50)
      fillDisk()
      await until('the journal is in memory', () => fleet.hasLogged('uplink-journal-in-memory'))
      await arrives(150)
      expect(events(fleet)).to.deep.equal(['uplink-journal-in-memory'])
      rmSync(join(disk, 'filling'))
      await until('the journal is on the disk again', () =>
        fleet.hasLogged('uplink-journal-on-disk'),
      )
      await arrives(50)
      fillDisk()
      await until('the journal is in memory again', () => events(fleet).length === 3)
      await arrives(50)
      await fleet.stop('SIGKILL')
    }
    const killed = [...server.acknowledged]
    rmSync(join(disk, 'filling'))
    await using again = new FleetProcess({ host: server.host, journal })
    await arrives(50)
    expect(await again.stop('SIGTERM')).to.equal(0)
    const later = server.acknowledged.slice(killed.length)
    // The disk does not record what was sent from memory: sequences continue from the clock.
    expect(Math.max(...later.map(({ sequence }) => sequence))).to.be.above(1e15)
    const before = sequencesByVin(killed)
    const texts = new Set(killed.map((reading) => JSON.stringify(reading)))
    for (const reading of later) {
      const isOld = texts.has(JSON.stringify(reading))
      expect(isOld || !before.get(reading.vin)?.includes(reading.sequence)).to.equal(true)
    }
  })
})
