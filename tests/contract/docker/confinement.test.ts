import { expect } from 'chai'
import type { ContainerInputs } from './declared-platform.ts'
import { defaultPlatform, platforms } from './declared-platform.ts'

const confinement = {
  readOnly: true,
  capabilities: { drops: ['ALL'] },
  securityOpts: ['no-new-privileges:true'],
  logDriver: 'json-file',
  logOpts: { 'max-size': '10m', 'max-file': '3' },
}
const more = ['privileged', 'devices', 'networkMode', 'pidMode', 'ipcMode', 'usernsMode'] as const

function confinementOf({ inputs }: { readonly inputs: ContainerInputs }) {
  const names = Object.keys(confinement) as (keyof typeof confinement)[]
  return Object.fromEntries(names.map((name) => [name, inputs[name]]))
}

for (const [title, platform] of Object.entries(platforms)) {
  describe(`confinement of every container (${title})`, () => {
    it('drops all privileges and keeps the root file system read-only', async () => {
      for (const container of (await platform()).containers) {
        // Docker can upload files before the start only to a writable root file system.
        const readOnly = container.name !== 'secrets'
        expect(confinementOf(container), container.name).to.deep.equal({ ...confinement, readOnly })
      }
    })

    it('limits the processes of each container that runs, not those of a user', async () => {
      const { containers, resources } = await platform()
      const commands = new Map(resources.map(({ name, inputs }) => [name, inputs]))
      for (const { name, inputs } of containers) {
        const runsOnce = inputs.restart === 'no'
        const engineName = `av_telemetry-${name}`
        const command = { create: `docker update --pids-limit 2048 ${engineName}` }
        expect(commands.get(`${name}-processes`), name).to.deep.equal(
          runsOnce ? undefined : { ...command, triggers: [`id of ${name}`] },
        )
        const ofUser = [{ name: 'nproc', soft: 4096, hard: 4096 }]
        expect(inputs.ulimits, name).to.deep.equal(runsOnce ? ofUser : undefined)
      }
    })

    it('limits memory and disables swap', async () => {
      for (const { name, inputs } of (await platform()).containers) {
        expect(inputs.memory, name).to.be.a('number').that.is.greaterThan(0)
        expect(inputs.memorySwap, name).to.equal(inputs.memory)
      }
    })

    it('is not weakened by other settings', async () => {
      for (const { name, inputs } of (await platform()).containers) {
        for (const key of more) expect(inputs[key], `${name} ${key}`).to.equal(undefined)
        expect(inputs.capabilities?.adds, name).to.equal(undefined)
      }
    })
  })
}

describe('confinement of each container', () => {
  it('sets a user other than root and the memory limit of the service', async () => {
    const { containers } = await defaultPlatform()
    expect(containers.map(({ name, inputs }) => [name, inputs.user, inputs.memory])).to.deep.equal([
      ['secrets', '10001:10001', 64],
      ['postgres-0', 'postgres', 1024],
      ['zookeeper-0', 'zookeeper', 128 + 192],
      ['kafka-0', 'appuser', 384 + 640],
      ['provision-0', '10001:10001', 256],
      ['consumer-0', '10001:10001', 160 + 480],
      ['worker-0', '10001:10001', 160 + 480 + 4 * (128 + 128)],
      ['producer-0', '10001:10001', 512],
      ['ingress-0', 'haproxy', 512],
      ['dashboard-0', '10001:10001', 256 + 192 + 200],
    ])
  })

  it('provides small in-memory file systems for /tmp and the folders that images need', async () => {
    const { containers } = await defaultPlatform()
    const scratch = containers.map(({ name, inputs }) => [
      name,
      Object.keys(inputs.tmpfs ?? {}).sort(),
    ])
    expect(Object.fromEntries(scratch)).to.deep.equal({
      secrets: ['/tmp'],
      'postgres-0': ['/tmp', '/var/run/postgresql'],
      'zookeeper-0': ['/datalog', '/logs', '/tmp'],
      'kafka-0': ['/etc/kafka/secrets', '/mnt/shared/config', '/tmp'],
      'provision-0': ['/tmp'],
      'consumer-0': ['/tmp'],
      'worker-0': ['/tmp'],
      'producer-0': ['/tmp'],
      'ingress-0': ['/tmp'],
      'dashboard-0': ['/tmp'],
    })
    for (const { inputs } of containers) {
      for (const options of Object.values(inputs.tmpfs ?? {})) {
        expect(options).to.equal('rw,nosuid,nodev,size=64m,mode=1777')
      }
    }
  })
})
