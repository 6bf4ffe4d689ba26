import { expect } from 'chai'
import { toConfig } from '../../infra/config/config.ts'
import { FakeKubectl } from '../support/fake-kubectl.ts'
import { PulumiMachine } from '../support/pulumi-machine.ts'
import { recordOf } from '../unit/scripts/kubernetes/a-cluster.ts'

const namespaceOf = (name: string, stack: string) => ({
  metadata: { name, annotations: { 'av-telemetry/stack': stack } },
})

const registry = ['--set', 'images.registry=registry.example/fleet']

describe('the scripts for Kubernetes', function () {
  this.timeout(60_000)
  let kubectl: FakeKubectl
  let machine: PulumiMachine

  beforeEach(() => {
    kubectl = new FakeKubectl()
    machine = new PulumiMachine().withLogin()
    kubectl.answer({ to: 'get --raw', out: 'ok' }, { to: 'get namespace ' })
    kubectl.list('nodes', [
      {
        metadata: { name: 'node-1' },
        spec: {},
        status: {
          conditions: [{ type: 'Ready', status: 'True' }],
          nodeInfo: { operatingSystem: 'linux', architecture: 'amd64' },
        },
      },
    ])
    const isDefault = { 'storageclass.kubernetes.io/is-default-class': 'true' }
    kubectl.list('storageclasses', [{ metadata: { name: 'fast', annotations: isDefault } }])
    const ours = ['statefulsets', 'persistentvolumeclaims', 'secrets', 'pods']
    for (const kind of ours) kubectl.list(kind, [])
    kubectl.list('namespaces', [{ metadata: { name: 'kube-system', uid: 'cluster-1' } }])
    kubectl.answer({ to: 'get configmap ' })
  })

  afterEach(() => {
    machine[Symbol.dispose]()
    kubectl[Symbol.dispose]()
  })

  function run(script: string, ...args: readonly string[]) {
    const result = machine.run(script, {}, '--target', 'kubernetes', ...args)
    const changing = /^(stack select|config|up|destroy)\b/
    return { ...result, calls: result.calls.filter((call) => changing.test(call)) }
  }

  it('launch a stack for Kubernetes alone, with its target and its settings', () => {
    const { status, output, calls } = run('launch-infra.sh', ...registry)
    expect(status, output).to.equal(0)
    const [select, target, file, remove, ...others] = calls
    expect(select).to.equal('stack select --create dev-kubernetes --non-interactive')
    expect(target).to.equal('config set target kubernetes --stack dev-kubernetes')
    expect(file).to.match(/^config set configFile \S+ --stack dev-kubernetes$/)
    expect(remove).to.equal('config rm set --stack dev-kubernetes')
    expect(others).to.deep.equal([
      'config set --path set[0] images.registry=registry.example/fleet --stack dev-kubernetes',
      'up --yes --skip-preview --stack dev-kubernetes',
    ])
    expect(output).to.contain('npm run status -- --target kubernetes')
  })

  const refused = [
    [
      'a registry',
      () => run('launch-infra.sh'),
      /^images\.registry is empty\. .* set it to one that this machine can push to/,
    ],
    [
      'a StorageClass',
      () => {
        kubectl.list('storageclasses', [])
        return run('launch-infra.sh', ...registry)
      },
      /^The cluster has no default StorageClass \(it has none\)\. Name one in/,
    ],
    [
      'a context',
      () => {
        kubectl.answer({ to: 'config current-context', err: 'error: current-context is not set' })
        return run('launch-infra.sh', ...registry)
      },
      /^kubectl has no current context\. Choose the cluster/,
    ],
  ] as const
  for (const [what, launch, expected] of refused) {
    it(`change nothing without ${what}, and say in one line what to do`, () => {
      const { status, output, calls } = launch()
      expect(status, output).to.equal(1)
      expect(output).to.match(expected)
      expect(output.trim().split('\n')).to.have.length(1)
      expect(calls).to.deep.equal([])
    })
  }

  it('do not move a stack from Docker, which would delete the platform', () => {
    machine.withPsql('docker exec -it av_telemetry-postgres-0 psql')
    const { status, output, calls } = run('launch-infra.sh', '--stack', 'dev', ...registry)
    expect(status).to.equal(1)
    expect(output).to.match(/^The platform of the stack dev runs on another target \(psql: docker /)
    expect(calls).to.deep.equal([])
  })

  it('tear down the stack after the vehicles, and say what stays', () => {
    const config = toConfig({ postgres: { keepData: true } })
    kubectl.answer({ to: 'get configmap ', out: JSON.stringify(recordOf(config)) })
    kubectl.answer({ to: 'delete pods ', out: '' })
    kubectl.answer({ to: 'get namespace ', out: '{"metadata":{"name":"team-a"}}' })
    kubectl.list('namespaces', [
      namespaceOf('av-telemetry', 'av-telemetry/other'),
      namespaceOf('team-a', 'av-telemetry/dev-kubernetes'),
    ])
    const vehicle = { metadata: { name: 'vehicle-1-0' }, status: { phase: 'Running' } }
    kubectl.answer({ to: 'get pods ', out: JSON.stringify({ items: [vehicle] }), once: true })
    const { status, output, calls } = run('teardown-infra.sh')
    expect(status, output).to.equal(0)
    expect(calls).to.deep.equal(['destroy --yes --skip-preview --stack dev-kubernetes'])
    const deleted = kubectl.calls().filter(({ args: [verb] }) => verb === 'delete')
    expect(deleted).to.have.length(1)
    // The configuration of the clone names another namespace, which belongs to another stack.
    expect(deleted[0]?.args).to.include('--namespace=team-a')
    expect(output).to.contain('The namespace team-a keeps the data and the passwords')
  })

  it('do not tear down a cluster that does not answer', () => {
    const err =
      'The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?'
    kubectl.answer({ to: 'get --raw', err })
    const { status, output, calls } = run('teardown-infra.sh')
    expect(status).to.equal(1)
    expect(output).to.match(/^The cluster of the context test does not answer \(The connection/)
    expect(calls).to.deep.equal([])
  })
})
