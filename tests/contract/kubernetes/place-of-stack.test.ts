import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { local } from '@pulumi/command'
import { expect } from 'chai'
import type { Place } from '../../../infra/kubernetes/place-of-stack.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { Recorder, valueOf } from '../recorder.ts'

const here: Place = { clusterId: 'uid-1', kubectlContext: "dev's", namespace: 'av-telemetry' }

async function commandsOf(place: Place) {
  await Recorder.start()
  const { placeOfStack } = await import('../../../infra/kubernetes/place-of-stack.ts')
  const { create, update }: local.Command = placeOfStack(place)
  return { create: (await valueOf(create)) ?? '', update: (await valueOf(update)) ?? '' }
}

/**
 * Runs a command as the provider runs it: with what the earlier one printed.
 *
 * @param servers what `kubectl get statefulsets` prints
 */
function run(command: string, earlier: string, servers = '') {
  using programs = new TemporaryFolder()
  const kubectl = `#!/bin/sh\necho "$@" | grep -q 'get statefulsets' && printf '%s' '${servers}'\n`
  writeFileSync(join(programs.path, 'kubectl'), kubectl, { mode: 0o755 })
  const PATH = `${programs.path}:${process.env['PATH'] ?? ''}`
  const env = { PATH, PULUMI_COMMAND_STDOUT: earlier }
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { env, encoding: 'utf8' })
  return { status, stdout: stdout.trim(), stderr: stderr.trim() }
}

/** An `up` at a place, after one `here`. */
async function moveTo(place: Place) {
  const record = run((await commandsOf(here)).create, '').stdout
  return run((await commandsOf(place)).update, record)
}

describe('Kubernetes place of a stack', () => {
  it('refuses another namespace and another cluster, and names the place of the platform', async () => {
    const elsewhere = [
      { ...here, namespace: 'other' },
      { ...here, clusterId: 'uid-2', kubectlContext: 'production' },
    ]
    for (const place of elsewhere) {
      const { status, stderr } = await moveTo(place)
      expect(status).to.equal(1)
      expect(stderr).to.match(
        /^This stack has its platform in the namespace av-telemetry of the cluster with the context dev's\. .*, run pulumi destroy first\.$/,
      )
    }
  })

  it('refuses a namespace with servers that the stack has not made', async () => {
    const { create } = await commandsOf(here)
    const { status, stderr } = run(create, '', 'statefulset.apps/postgres-0')
    expect(status).to.equal(1)
    expect(stderr).to.match(
      /^The namespace av-telemetry already has servers that this state of Pulumi does not know\. /,
    )
  })

  it('is checked before the provider is made, so that nothing else changes', async () => {
    const recorder = await Recorder.start()
    const { clusterProvider } = await import('../../../infra/kubernetes/cluster-provider.ts')
    clusterProvider(here, recorder.options)
    const provider = (await recorder.declaredResources()).find(({ name }) => name === 'cluster')
    expect(provider?.after).to.deep.equal(['place-of-stack'])
    // Without the identifier, another address of the same cluster could replace all objects. Objects that destroy has
    // kept are taken over.
    expect(provider?.inputs).to.include({
      ...{ context: "dev's", clusterIdentifier: 'uid-1', upsertExistingObjects: 'true' },
    })
  })

  it('accepts another name of the context, and records it', async () => {
    const { status, stdout } = await moveTo({ ...here, kubectlContext: 'renamed' })
    expect({ status, stdout }).to.deep.equal({
      status: 0,
      stdout: 'uid-1 av-telemetry renamed',
    })
  })
})
