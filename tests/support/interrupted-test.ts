import { spawn } from 'node:child_process'
import { readRunRecord } from '../../infra/local/run-record.ts'
import { sharedServers } from './servers.ts'
import { PlatformHome } from './started-platform.ts'

// A test that never ends. tests/e2e/test-command.test.ts runs and interrupts it.
describe('a test that never ends', function () {
  this.timeout(0)

  it('runs servers, a platform of npm start and a process that is stopped', async () => {
    const { folders } = await sharedServers()
    const home = await PlatformHome.create(['fleet.numVehicles=0'])
    await home.start().waitForOutput('❯ kafka')
    const sleeper = spawn('sleep', ['600'], { stdio: 'ignore' })
    sleeper.kill('SIGSTOP')
    const states = [folders.state, home.folders.state]
    const servers = states.flatMap((state) => readRunRecord(state)?.processes ?? [])
    const pids = [...servers.map(({ pid }) => pid), sleeper.pid]
    process.stdout.write(`started ${JSON.stringify({ pids, states })}\n`)
    await new Promise(() => undefined)
  })
})
