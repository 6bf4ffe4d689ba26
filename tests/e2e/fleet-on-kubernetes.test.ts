import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import type { FakeKubectl } from '../support/fake-kubectl.ts'
import { RunningCommand } from '../support/started-platform.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'
import { aCluster, aPod } from '../unit/scripts/kubernetes/a-cluster.ts'

describe('npm run fleet on Kubernetes', function () {
  this.timeout(120_000)
  let kubectl: FakeKubectl
  let home: TemporaryFolder

  beforeEach(() => {
    home = new TemporaryFolder()
    kubectl = aCluster()
    kubectl.list('pods', [])
    kubectl.answer({ to: 'get secrets ', out: 'secret/secret-owner\n' })
    kubectl.answer({ to: 'create ', out: '' }, { to: 'delete pods ', out: '' })
  })

  afterEach(() => {
    kubectl[Symbol.dispose]()
    home[Symbol.dispose]()
  })

  it('runs until Ctrl-C, and then removes its pods', async () => {
    const calls: string[] = []
    const isCalled = (verb: string) => () => {
      calls.push(...kubectl.calls().map(({ args: [name = ''] }) => name))
      return calls.includes(verb)
    }
    const args = ['fleet', '--', '--target', 'kubernetes', '--num-vehicles', '1', '--seed', '7']
    const fleet = new RunningCommand(args, home.path)
    try {
      await until('the pod is created', isCalled('create'))
      kubectl.list('pods', [aPod('vehicle-7-0', 'fleet')])
      await fleet.waitForOutput('Stop them with Ctrl-C.')
      await wait(500)
      expect(fleet.exitCode).to.equal(null)
      fleet.pressCtrlC()
      await until('the pod is deleted', isCalled('delete'))
      kubectl.list('pods', [])
      expect(await fleet.waitForExit(60), fleet.output).to.equal(0)
      expect(fleet.output).to.include('Removed 1 pod.')
    } finally {
      await fleet.stop()
    }
  })
})
