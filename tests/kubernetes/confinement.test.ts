import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { kubectlGet } from '../../infra/kubernetes/cluster/kubectl.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'
import './cluster-hooks.ts'
import { ClusterPlatform } from './cluster-platform.ts'
import { roleOf } from './pod.ts'
import { harness } from './stack-kinds.ts'

type Secrets = {
  readonly items: readonly {
    readonly metadata: { readonly name: string }
    readonly data: Readonly<Record<string, string>>
  }[]
}

describe('confinement on Kubernetes, by the harness', function () {
  this.timeout(900_000)
  let platform: ClusterPlatform

  before(async () => {
    platform = await ClusterPlatform.create(harness)
    await platform.up()
  })

  after(async () => {
    await platform[Symbol.asyncDispose]()
  })

  /** Runs a shell command in the pod of a role. */
  async function inPod(role: string, command: string): Promise<string> {
    const pod = (await platform.pods()).find((each) => roleOf(each) === role)
    return platform.kubectl('exec', pod?.metadata.name ?? '', '--', 'sh', '-c', command)
  }

  async function roles(): Promise<string[]> {
    return [...new Set((await platform.pods()).map(roleOf))].sort()
  }

  it('does not admit a pod that runs as root', async () => {
    using folder = new TemporaryFolder()
    const file = join(folder.path, 'pod.json')
    const spec = { containers: [{ name: 'intruder', image: 'intruder' }] }
    const metadata = { name: 'intruder' }
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec }))
    const error: unknown = await platform
      .kubectl('create', '-f', file, '--dry-run=server')
      .catch((reason: unknown) => reason)
    expect(error).to.be.instanceOf(Error)
    expect((error as Error).message).to.match(/violates PodSecurity "restricted:latest"/)
  })

  it('runs the main process of each service without root, capabilities and new privileges', async () => {
    for (const role of await roles()) {
      // Where processes share a namespace, the first one is that of the pod, not of the container.
      const main = 'grep -L "^Name:.pause$" /proc/[0-9]*/status | head -n 1'
      const status = await inPod(role, `cat $(${main})`)
      expect(status, role).to.match(/^Uid:\t[1-9]\d*\t[1-9]\d*\t/m)
      expect(status, role).to.match(/^CapEff:\t0+$/m)
      expect(status, role).to.match(/^CapBnd:\t0+$/m)
      expect(status, role).to.match(/^NoNewPrivs:\t1$/m)
      expect(status, role).to.match(/^Seccomp:\t2$/m)
    }
  })

  it('writes no files outside its volumes', async () => {
    for (const role of await roles()) {
      const attempt = 'touch /written 2>/dev/null && echo written || echo refused'
      expect(await inPod(role, attempt), role).to.equal('refused')
      expect(await inPod(role, 'grep " / " /proc/mounts'), role).to.match(/ ro[, ]/)
    }
  })

  it('gives each pod a limit of memory, and no token of the cluster', async () => {
    for (const pod of await platform.pods()) {
      const [container] = pod.spec.containers
      expect(container?.resources.limits, roleOf(pod)).to.have.property('memory')
      const token = '/var/run/secrets/kubernetes.io/serviceaccount/token'
      const exists = await inPod(roleOf(pod), `test -e ${token} && echo yes || echo no`)
      expect(exists, roleOf(pod)).to.equal('no')
    }
  })

  it('shows no password in pods and logs', async () => {
    const secrets = await kubectlGet<Secrets>('secrets', `--namespace=${platform.name}`)
    const passwords = (secrets?.items ?? []).map(({ data }) =>
      Buffer.from(data['secret'] ?? '', 'base64').toString('utf8'),
    )
    expect(passwords.length).to.be.greaterThan(6)
    const workloads = 'pods,deployments,statefulsets,jobs,configmaps'
    const texts = [await platform.kubectl('get', workloads, '--output=json')]
    for (const { metadata } of await platform.pods()) {
      texts.push(await platform.kubectl('logs', metadata.name))
    }
    for (const password of passwords) {
      expect(password).to.have.lengthOf.at.least(32)
      expect(texts.some((text) => text.includes(password))).to.equal(false)
    }
  })
})
