import { expect } from 'chai'
import { toConfig } from '../../../../infra/config/config.ts'
import { findPlatform } from '../../../../scripts/platform/running-platform.ts'
import type { PlatformChoice } from '../../../../scripts/targets/target.ts'
import { kubernetes } from '../../../../scripts/targets/kubernetes/index.ts'
import { SilentTargetError } from '../../../../scripts/targets/target.ts'
import { TemporaryFolder } from '../../../support/temporary-folder.ts'
import type { FakeKubectl } from '../../../support/fake-kubectl.ts'
import { aCluster, recordOf } from './a-cluster.ts'

const errorOf = async (work: Promise<unknown>): Promise<Error> => {
  const result: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (result instanceof Error) return result
  throw new Error('it did not fail')
}

const meant = (choice: PlatformChoice = {}) => findPlatform({ target: 'kubernetes', ...choice })
const ifAny = () => kubernetes.find({ choice: {}, given: undefined, isMeant: false })

function restore(variables: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) Reflect.deleteProperty(process.env, name)
    else process.env[name] = value
  }
}

describe('the platform on Kubernetes of a command', () => {
  let kubectl: FakeKubectl

  beforeEach(() => {
    kubectl = aCluster({ kafka: { instances: 1, topic: 'recorded' } })
  })

  afterEach(() => {
    kubectl[Symbol.dispose]()
  })

  it('has the configuration that is recorded in the namespace of the current context', async () => {
    const platform = await meant()
    expect(platform?.config.kafka.topic).to.equal('recorded')
    expect(platform?.place).to.equal('on Kubernetes, namespace av-telemetry, context test')
    const [context, get, ...more] = kubectl.calls().map(({ args }) => args)
    expect(context).to.include.members(['config', 'current-context'])
    expect(get).to.include.members(['get', 'configmap', 'platform'])
    expect(get).to.include.members(['--context=test', '--namespace=av-telemetry'])
    expect(get?.some((each) => each.startsWith('--request-timeout='))).to.equal(true)
    expect(more).to.deep.equal([])
  })

  it('is chosen by --namespace and --context, which also choose the target', async () => {
    await findPlatform({ namespace: 'other', context: 'production' })
    const calls = kubectl.calls().map(({ args }) => args)
    expect(calls).to.have.length(1)
    expect(calls[0]).to.include.members(['--context=production', '--namespace=other'])
  })

  it('is never one of another namespace, but the error names the namespaces that have one', async () => {
    kubectl.answer({ to: 'get configmap ' })
    kubectl.list('configmaps', [recordOf(toConfig({}), 'team-a'), recordOf(toConfig({}), 'team-b')])
    const { message, name } = await errorOf(meant())
    expect(name).to.equal('UserError')
    expect(message).to.equal(
      'The namespace av-telemetry of the context test has no platform. Namespaces with a platform: team-a, team-b. Choose one with --namespace NAME.',
    )
  })

  it('is said to be started if no namespace that the user may list has one', async () => {
    kubectl.answer({ to: 'get configmap ' }, { to: 'get configmaps ', err: forbidden })
    expect((await errorOf(meant())).message).to.equal(
      'The namespace av-telemetry of the context test has no platform. Start one: scripts/launch-infra.sh --target kubernetes.',
    )
  })

  const forbidden =
    'Error from server (Forbidden): configmaps "platform" is forbidden: User "bob" cannot get resource "configmaps" in API group "" in the namespace "av-telemetry"'
  const refusals = [
    [
      'forbids it',
      forbidden,
      /^The user bob of the cluster may not get configmaps in the namespace av-telemetry\. Give it/,
    ],
    [
      'does not answer',
      'Unable to connect to the server: dial tcp 10.0.0.1:6443: i/o timeout',
      /^The cluster of the context test does not answer \(Unable to connect .*\)\. Check it with/,
    ],
    [
      'is not known',
      'error: context "test" does not exist',
      /^kubectl has no context test\. kubectl config get-contexts/,
    ],
  ] as const
  for (const [what, err, expected] of refusals) {
    it(`is an error of one sentence if the cluster ${what}`, async () => {
      kubectl.answer({ to: 'get configmap ', err })
      const error = await errorOf(meant())
      expect(error.name).to.equal('UserError')
      expect(error.message).to.match(expected)
      // Without --target another target may have the platform that is meant.
      expect(await errorOf(ifAny())).to.be.instanceOf(SilentTargetError)
    })
  }

  it('does not exist without a context; with --target the error says how to choose one', async () => {
    kubectl.answer({ to: 'config current-context', err: 'error: current-context is not set' })
    expect(await ifAny()).to.equal(undefined)
    expect((await errorOf(meant())).message).to.match(/^kubectl has no current context\. Choose/)
  })

  it('does not exist without kubectl; with --target the error says how to install it', async () => {
    const { PATH } = process.env
    process.env['PATH'] = '/nowhere'
    try {
      expect(await ifAny()).to.equal(undefined)
      expect((await errorOf(meant())).message).to.match(/^The kubectl command is not installed\./)
    } finally {
      process.env['PATH'] = PATH
    }
  })

  it('is not looked for by a command that does not name it, except to add vehicles', async () => {
    using folder = new TemporaryFolder()
    const { DOCKER_HOST, AV_TELEMETRY_HOME } = process.env
    Object.assign(process.env, {
      DOCKER_HOST: `unix://${folder.path}/none`,
      AV_TELEMETRY_HOME: folder.path,
    })
    try {
      await findPlatform({}).catch(() => undefined)
      expect(kubectl.calls()).to.deep.equal([])
      expect((await findPlatform({}, { everywhere: true }))?.target).to.equal('kubernetes')
    } finally {
      restore({ DOCKER_HOST, AV_TELEMETRY_HOME })
    }
  })

  it('does not hide the other targets if kubectl fails for another reason', async () => {
    kubectl.answer({ to: 'get configmap ', err: 'unable to read client-cert /gone for minikube' })
    expect(await errorOf(ifAny())).to.be.instanceOf(SilentTargetError)
  })

  it('is not looked for with options of two targets', async () => {
    const { message, name } = await errorOf(meant({ network: 'mine' }))
    expect(message).to.equal(
      'The options name different targets (kubernetes and docker). Give only options of one target.',
    )
    expect(name).to.equal('UserError')
    expect(kubectl.calls()).to.deep.equal([])
  })
})
