import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import { freeRun } from '../../scripts/ports/scratch-ports.ts'
import { root } from '../../scripts/platform/paths.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const noJava = 'Kafka needs Java 17 or later. JAVA_HOME is /nowhere'
/** Nothing answers there. */
const external = 'kafka.external={"brokers":["127.0.0.1:9"],"tls":{"enabled":false}}'

/** The output of `npm start` on a machine without Java. */
function startWithoutJava(...args: readonly string[]): string {
  using home = new TemporaryFolder()
  const bootstrap = join(root, 'scripts', 'bootstrap.mjs')
  const { stdout, stderr } = spawnSync(process.execPath, [bootstrap, 'start', ...args], {
    env: { ...process.env, AV_TELEMETRY_HOME: home.path, JAVA_HOME: '/nowhere' },
    encoding: 'utf8',
  })
  return stdout + stderr
}

describe('npm start without Java', () => {
  it('asks for Java, because it starts Kafka', () => {
    expect(startWithoutJava()).to.include(noJava)
  })

  it('needs none with an existing Kafka', async () => {
    const port = await freeRun(1)
    const taken = createServer().listen(port, '127.0.0.1')
    try {
      await once(taken, 'listening')
      const settings = [external, `ingress.hostPort=${port}`]
      const output = startWithoutJava(...settings.flatMap((setting) => ['--set', setting]))
      expect(output).to.not.include('Java')
      expect(output).to.include(`${port}`)
    } finally {
      taken.close()
    }
  })

  it('reports a wrong configuration or option before it asks for Java', () => {
    expect(startWithoutJava('--set', 'kafka.partitions=0')).to.match(/^[^\n]*kafka\.partitions/)
    const output = startWithoutJava('--nonsense')
    expect(output.match(/unknown option/g)).to.have.length(1)
  })

  it('prints its help once', () => {
    expect(startWithoutJava('--help').match(/Usage: /g)).to.have.length(1)
  })
})
