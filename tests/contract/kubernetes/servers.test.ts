import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { privateEntrypoint } from '../../../infra/containers/programs/private-files.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { aDockerPlatform } from '../../unit/infra/a-platform.ts'
import type { DeclaredPlatform } from './declared-platform.ts'
import { declarePlatform, platforms } from './declared-platform.ts'
import type { WithPods } from './object-types.ts'

const containerOf = ({ object }: DeclaredPlatform, name: string) =>
  (object('StatefulSet', name) as WithPods).spec.template.spec.containers[0]

function variablesOf(platform: DeclaredPlatform, name: string): Record<string, string | undefined> {
  const { env } = containerOf(platform, name)
  return Object.fromEntries(env.map((each) => [each.name, each.value]))
}

const maxConnectionsOf = (args: readonly string[] = []): number =>
  Number(args.find((each) => each.startsWith('max_connections='))?.split('=')[1])

describe('Kubernetes servers', () => {
  it('Postgres accepts the connections of a pod that starts and of one that ends, of each role', async () => {
    const tree = { consumer: { instances: 8 }, worker: { instances: 4 } }
    const onDocker = maxConnectionsOf(
      Object.entries(aDockerPlatform(tree).of('postgres')[0]!.settings).map((pair) =>
        pair.join('='),
      ),
    )
    const { args } = containerOf(await declarePlatform(tree), 'postgres-0')
    // Producer, consumer, dashboard and worker, each twice.
    const { handlerProcesses } = (await declarePlatform(tree)).config.worker
    const surplus = 2 * (12 + 13 + 14 + 25 + handlerProcesses)
    expect(maxConnectionsOf(args)).to.equal(onDocker + surplus)
  })

  it('ZooKeepers listen for each other at every address of their pod', async () => {
    const large = await platforms['large platform with files']()
    for (const instance of [0, 1, 2]) {
      const { ZOO_CFG_EXTRA = '' } = variablesOf(large, `zookeeper-${instance}`)
      expect(ZOO_CFG_EXTRA.split(' ')).to.include('quorumListenOnAllIPs=true')
    }
    const alone = variablesOf(await platforms['default platform'](), 'zookeeper-0')
    expect(alone['ZOO_CFG_EXTRA']).to.not.include('quorumListenOnAllIPs')
  })

  it('ZooKeepers and brokers forget the address of a name after 5 s', async () => {
    const platform = await platforms['default platform']()
    const option = '-Djava.security.properties=/tmp/java.security'
    expect(variablesOf(platform, 'kafka-0')['KAFKA_OPTS']).to.include(option)
    expect(variablesOf(platform, 'zookeeper-0')['JVMFLAGS']).to.include(option)
    for (const name of ['kafka-0', 'zookeeper-0']) {
      const script = containerOf(platform, name).command?.[2] ?? ''
      const [line = ''] = /^printf .*$/m.exec(script) ?? []
      expect(line).to.match(/ > \/tmp\/java\.security$/)
      const { stdout } = spawnSync('sh', ['-c', line.replace(/ > .*/, '')], { encoding: 'utf8' })
      expect(stdout).to.equal('networkaddress.cache.ttl=5\nnetworkaddress.cache.negative.ttl=1\n')
    }
  })

  it('start without an error if the node owns the folder of their volume, and write private files', function () {
    if (process.getuid?.() !== 0) this.skip()
    using temporary = new TemporaryFolder()
    const folder = temporary.path
    // Like a folder that the node has made: of root, writable for the group.
    chmodSync(folder, 0o2777)
    const { status, stderr } = runAsOther(folder)
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' })
    expect(statSync(folder).mode & 0o777).to.equal(0o777)
    expect(statSync(join(folder, 'segment')).mode & 0o777).to.equal(0o600)
    expect(readFileSync(join(folder, 'segment'), 'utf8')).to.equal('record\n')
  })
})

/** Runs the entrypoint as a user that does not own the folder. */
function runAsOther(folder: string) {
  const program = ['sh', '-c', 'echo record > "$0/segment"', folder]
  const logins = [{ name: 'Client', module: 'NoModule', passwords: {} }] as const
  const entrypoint = privateEntrypoint({ folder, program, logins, target: 'kubernetes' })
  // Not into the folder /tmp of this machine.
  const [file = '', ...args] = entrypoint.map((word) => word.replaceAll('/tmp/j', `${folder}/j`))
  return spawnSync(file, args, { uid: 65_534, encoding: 'utf8' })
}
