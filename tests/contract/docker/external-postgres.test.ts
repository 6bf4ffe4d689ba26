import { expect } from 'chai'
import { declarePlatform, envOf } from './declared-platform.ts'

const roleKeys = ['owner', 'writer', 'worker', 'operator', 'reader'].map(
  (role) => `postgres-${role}-key`,
)
const secrets = {
  'postgres-authority-key': 'an authority',
  ...Object.fromEntries(roleKeys.map((name) => [name, 'a password'])),
}

const tree = {
  ingress: { addressFile: '' },
  postgres: {
    external: {
      ...{ host: 'db.example.com', database: 'fleet', passwordFile: 'owner' },
      tls: { authorityFile: 'ca.pem' },
      roles: {
        ...{ given: true, writerPasswordFile: 'writer', workerPasswordFile: 'worker' },
        ...{ operatorPasswordFile: 'operator', readerPasswordFile: 'reader' },
      },
    },
  },
}

/** The passwords that each service reads. */
const readBy: Readonly<Record<string, readonly string[]>> = {
  'provision-0': ['owner', 'writer', 'worker', 'operator', 'reader'],
  'consumer-0': ['writer'],
  'worker-0': ['worker', 'reader'],
  'producer-0': ['reader'],
  'dashboard-0': ['reader', 'operator'],
}

describe('containers of a platform with an existing Postgres', () => {
  it('are ours, Kafka and ZooKeeper', async () => {
    const { containers } = await declarePlatform(tree, { secrets })
    expect(containers.map(({ name }) => name).sort()).to.deep.equal(
      [
        ...['secrets', 'zookeeper-0', 'kafka-0', 'provision-0', 'consumer-0', 'worker-0'],
        ...['producer-0', 'ingress-0', 'dashboard-0'],
      ].sort(),
    )
  })

  it('get the address, and only the passwords that they read, each in a file', async () => {
    const { container } = await declarePlatform(tree, { secrets })
    for (const [name, passwords] of Object.entries(readBy)) {
      expect(envOf(container(name)), name).to.include({
        ...{ POSTGRES_HOST: 'db.example.com', POSTGRES_PORT: '5432', POSTGRES_DATABASE: 'fleet' },
        POSTGRES_TLS_MODE: 'verify-full',
        POSTGRES_AUTHORITY_FILE: '/run/secrets/postgres-authority-key/secret',
      })
      const paths = container(name).inputs.volumes?.map(({ containerPath }) => containerPath) ?? []
      expect(paths.filter((path) => path?.includes('/postgres-'))).to.have.members([
        ...passwords.map((role) => `/run/secrets/postgres-${role}-key`),
        '/run/secrets/postgres-authority-key',
      ])
    }
    const ofIngress = container('ingress-0').inputs.volumes ?? []
    for (const { containerPath } of ofIngress) expect(containerPath).to.not.match(/postgres/)
  })

  it('have the password in no environment and no output', async () => {
    const { containers, outputs } = await declarePlatform(tree, { secrets })
    for (const { inputs } of containers)
      expect(JSON.stringify([inputs.envs, inputs.command])).to.not.include('a password')
    expect(JSON.stringify(outputs)).to.not.include('a password')
  })
})
