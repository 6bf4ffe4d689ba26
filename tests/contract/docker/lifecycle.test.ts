import { expect } from 'chai'
import { toHealthcheck } from '../../../infra/docker/resources/healthcheck.ts'
import type { ContainerInputs } from './declared-platform.ts'
import { declarePlatform, defaultPlatform, largePlatform, platforms } from './declared-platform.ts'

const engine = { platform: 'linux/amd64', knowsStartInterval: true }
const keys = [
  ...['restart', 'attach', 'logs', 'mustRun', 'rm', 'start'],
  ...['wait', 'waitTimeout', 'healthcheck', 'stopTimeout', 'destroyGraceSeconds', 'init'],
] as (keyof ContainerInputs)[]

function lifecycleOf({ inputs }: { readonly inputs: ContainerInputs }) {
  const defined = keys.filter((key) => inputs[key] !== undefined)
  return Object.fromEntries(defined.map((key) => [key, inputs[key]]))
}

const oneShot = {
  restart: 'no',
  attach: true,
  logs: true,
  mustRun: false,
  destroyGraceSeconds: 5,
}

for (const [title, platform] of Object.entries(platforms)) {
  describe(`lifecycle of every container (${title})`, () => {
    it('restarts a long-running service and waits until it is healthy', async () => {
      const { plans, container } = await platform()
      const longRunning = plans.filter(({ ready }) => ready.kind !== 'exit')
      for (const { name, ready } of longRunning) {
        expect(lifecycleOf(container(name)), name).to.deep.equal({
          restart: 'unless-stopped',
          wait: true,
          waitTimeout: 240,
          stopTimeout: 20,
          destroyGraceSeconds: 20,
          healthcheck: toHealthcheck(ready, engine),
          // Otherwise the health check could not kill a hung service.
          ...(ready.kind === 'http' && ready.alivePath !== undefined && { init: true }),
        })
      }
      expect((await platform()).containers.length - longRunning.length).to.equal(2)
    })

    it('waits for a one-shot container and does not restart it', async () => {
      const { container } = await platform()
      expect(lifecycleOf(container('secrets'))).to.deep.equal(oneShot)
      expect(lifecycleOf(container('provision-0'))).to.deep.equal(oneShot)
    })

    it('removes a container before its replacement starts, because both use the same name and ports', async () => {
      for (const { options } of (await platform()).containers) {
        expect(options.deleteBeforeReplace).to.equal(true)
        expect(options.customTimeouts).to.deep.equal({ create: '5m' })
      }
    })
  })
}

describe('container lifecycle', () => {
  it('lets the health check of our services kill a service that gives no HTTP answer', async () => {
    const { containers } = await defaultPlatform()
    const watched = containers.filter(({ inputs }) => inputs.init)
    expect(watched.map(({ name }) => name)).to.have.members([
      ...['consumer-0', 'worker-0', 'producer-0', 'dashboard-0'],
    ])
    for (const { inputs } of watched) {
      expect(inputs.healthcheck?.tests).to.deep.equal([
        ...['CMD', 'bash', '/app/check-service.sh', '8081'],
      ])
    }
  })

  it('starts each container after its dependencies', async () => {
    const { containers } = await defaultPlatform()
    const after = Object.fromEntries(containers.map(({ name, after }) => [name, after]))
    expect(after).to.deep.equal({
      secrets: [],
      'postgres-0': ['secrets'],
      'zookeeper-0': ['secrets'],
      'kafka-0': ['secrets', 'zookeeper'],
      'provision-0': ['secrets', 'postgres', 'kafka'],
      'consumer-0': ['secrets', 'provision'],
      'worker-0': ['secrets', 'provision'],
      'producer-0': ['secrets', 'provision'],
      'ingress-0': ['secrets', 'producers', 'consumers'],
      'dashboard-0': ['secrets', 'provision'],
    })
  })

  it('starts the other ZooKeeper servers after a majority is ready', async () => {
    const { container } = await largePlatform()
    const after = [0, 1, 2].map((instance) => container(`zookeeper-${instance}`).after)
    expect(after).to.deep.equal([
      ['secrets'],
      ['secrets'],
      ['secrets', 'zookeeper-0', 'zookeeper-1'],
    ])
  })

  it('replaces producers one after another, so that one of several is always ready', async () => {
    const { container } = await largePlatform()
    const after = [0, 1].map((instance) => container(`producer-${instance}`).after)
    expect(after).to.deep.equal([
      ['secrets', 'provision'],
      ['secrets', 'provision', 'producer-0'],
    ])
    expect(container('consumer-1').after).to.deep.equal(['secrets', 'provision'])
  })

  it('omits the health check start interval when the engine does not support it', async () => {
    const { containers } = await declarePlatform(
      { ingress: { addressFile: '' } },
      { knowsStartInterval: false },
    )
    const checks = containers.flatMap(({ inputs }) => inputs.healthcheck ?? [])
    expect(checks.length).to.equal(8)
    for (const check of checks) expect(check.startInterval).to.equal(undefined)
  })
})

describe('a one-shot container that fails', () => {
  /** Pulumi reports an uncaught error as a program error. */
  async function faultOf(create: () => Promise<unknown>): Promise<unknown> {
    const others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    try {
      const [fault] = await Promise.all([
        new Promise((resolve) => process.on('unhandledRejection', resolve)),
        create(),
      ])
      return fault
    } finally {
      process.removeAllListeners('unhandledRejection')
      for (const listener of others) process.on('unhandledRejection', listener)
    }
  }

  for (const name of ['provision-0', 'secrets']) {
    it(`makes the program fail with the last lines of its log (${name})`, async () => {
      const exitCodes = { [name]: 3 }
      const create = () => declarePlatform({ ingress: { addressFile: '' } }, { exitCodes })
      const fault = (await faultOf(create)) as Error & { __pulumiRunError?: boolean }
      expect(fault.__pulumiRunError).to.equal(true)
      expect(fault.message).to.equal(
        `av_telemetry-${name} ended with exit code 3. The last lines of its log:\n  b\n  c\n  d\n  e\n  f`,
      )
    })
  }
})
