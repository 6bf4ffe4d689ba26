import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { expect } from 'chai'
import { labels } from '../../infra/docker/names.ts'
import { root } from '../../scripts/platform/paths.ts'
import { runProgram } from './base-images/run-program.ts'
import './engine-hooks.ts'
import { StackError } from './run-stack-program.ts'
import { stackKinds } from './stack-kinds.ts'
import { TestPlatform } from './test-platform.ts'

for (const kind of stackKinds()) {
  describe(`user errors, by ${kind.title}`, function () {
    this.timeout(60_000)
    let platform: TestPlatform

    beforeEach(async () => {
      platform = await TestPlatform.create(kind)
    })

    afterEach(async () => {
      await platform[Symbol.asyncDispose]()
    })

    /** Expects this error without a stack trace, and no change in the engine. */
    async function expectRefusal(sentence: RegExp, ...settings: readonly string[]): Promise<void> {
      const before = await platform.remains()
      const error: unknown = await platform.up(...settings).catch((reason: unknown) => reason)
      expect(error).to.be.instanceOf(StackError)
      const { message } = error as StackError
      expect(message).to.match(sentence)
      expect(message).to.not.match(/^\s+at /m)
      expect(await platform.remains()).to.deep.equal(before)
    }

    it('explains how to start an engine that does not respond', async () => {
      const { DOCKER_HOST: before } = process.env
      process.env['DOCKER_HOST'] = 'unix:///nowhere/docker.sock'
      const error: unknown = await platform.up().catch((reason: unknown) => reason)
      if (before === undefined) delete process.env['DOCKER_HOST']
      else process.env['DOCKER_HOST'] = before
      expect((error as Error).message).to.match(
        /The Docker engine does not answer \(.*unix:\/\/\/nowhere\/docker\.sock.*\)\. Start it \(.*\), and check that you may use it\./,
      )
      expect((error as Error).message).to.not.match(/^\s+at /m)
      expect(await platform.remains()).to.deep.equal([])
    })

    it('names a port in use and the key that changes it', async () => {
      const { hostPort } = platform.config.ingress
      const other = createServer().listen(hostPort, '127.0.0.1')
      await once(other, 'listening')
      try {
        await expectRefusal(
          new RegExp(
            `Port ${hostPort}, which ingress-0 needs, is in use. Stop the program that uses it, or choose another port with --set ingress\\.hostPort=PORT\\.`,
          ),
        )
      } finally {
        other.close()
      }
    })

    it('refuses more replicas than brokers', async () => {
      await expectRefusal(
        /kafka\.replicationFactor: 3 replicas need 3 brokers, but kafka\.instances is 1/,
        'kafka.replicationFactor=3',
      )
    })

    it('refuses fewer brokers than the kept data of a destroyed platform has', async () => {
      const label = `${labels.platform}=${platform.name}`
      for (const server of ['kafka-0', 'kafka-1', 'zookeeper-0']) {
        const name = platform.containerName(server)
        await runProgram('docker', ['volume', 'create', '--label', label, name])
      }
      await expectRefusal(
        /The platform avt-test-\w+ has data of 2 kafka servers, but kafka\.instances is 1\. Set it to 2, or destroy the platform and remove the remaining volumes to start empty \(docker volume ls --filter label=av-telemetry\.platform=avt-test-\w+\)\.$/m,
      )
    })

    it('refuses to disable files while the platform has a bucket', async () => {
      const name = platform.containerName('objects-0')
      const label = `${labels.platform}=${platform.name}`
      await runProgram('docker', ['volume', 'create', '--label', label, name])
      await expectRefusal(
        /has a bucket with files \(volume avt-test-\w+-objects-0\), but files\.enabled is false/,
      )
    })

    it('refuses an unknown key and lists the known keys', async () => {
      await expectRefusal(
        /kafka\.partition: unknown key; expected one of: instances, hostPort, .*partitions/,
        'kafka.partition=3',
      )
    })
  })
}

describe('scripts/launch-infra.sh without the pulumi command', function () {
  this.timeout(60_000)

  it('explains where to get it and how to run without it', () => {
    const folders = (process.env['PATH'] ?? '').split(delimiter)
    const path = folders.filter((folder) => !existsSync(join(folder, 'pulumi'))).join(delimiter)
    const env = { ...process.env, PATH: path }
    const { status, stdout } = spawnSync(join(root, 'scripts', 'launch-infra.sh'), { env })
    expect(stdout.toString()).to.match(
      /^The pulumi command is not installed\. Install it \(.*\), or run the platform without it: npm start\.\n$/,
    )
    expect(status).to.equal(1)
  })
})
