import { spawn } from 'node:child_process'
import { expect } from 'chai'
import { toConfig } from '../../../infra/config/config.ts'
import { endLeftovers } from '../../../infra/local/leftovers.ts'
import type { RecordedProcess } from '../../../infra/local/run-record.ts'
import type { Role } from '../../../infra/topology/role-registry.ts'
import { identify } from '../../../services/runtime/process/process-identity.ts'

function start(role: Role, script: string, ...args: string[]): RecordedProcess {
  const child = spawn('sh', ['-c', script, 'sh', ...args], { detached: true, stdio: 'ignore' })
  const identity = identify(child.pid ?? 0)
  if (identity === undefined) throw new Error('the process has not started')
  return { ...identity, role, name: `${role}-0` }
}

describe('endLeftovers', () => {
  it('stops the others if a process has ended before its turn', async () => {
    const broker = start('kafka', 'exec sleep 60')
    const pid = String(broker.pid)
    // The vehicles stop first. Their script ends the broker, and waits until it is gone.
    const script = 'trap "kill -9 $1; while kill -0 $1; do :; done; exit" TERM; sleep 60 & wait'
    const processes = [start('fleet', script, pid), broker, start('postgres', 'exec sleep 60')]
    const supervisor = identify(process.pid)
    if (supervisor === undefined) throw new Error('this process is not found')
    const record = { supervisor, config: toConfig({}), fleetSeed: 1, processes }
    const ended = await endLeftovers(record)
    expect(ended).to.deep.equal(['fleet-0', 'kafka-0', 'postgres-0'])
    expect(processes.map(({ pid }) => identify(pid))).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ])
  })
})
