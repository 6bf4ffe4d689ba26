import { expect } from 'chai'
import { declarePlatform, envOf } from './declared-platform.ts'

const secrets = {
  'kafka-authority-key': 'an authority',
  'kafka-username-key': 'fleet',
  'kafka-password-key': 'a password',
}

const tree = {
  ingress: { addressFile: '' },
  kafka: {
    external: {
      brokers: ['kafka-1.example.com:9093'],
      tls: { authorityFile: 'ca.pem' },
      sasl: { mechanism: 'scram-sha-256', usernameFile: 'user', passwordFile: 'password' },
    },
  },
}

describe('containers of a platform with an existing Kafka', () => {
  it('are ours and Postgres', async () => {
    const { containers } = await declarePlatform(tree, { secrets })
    expect(containers.map(({ name }) => name).sort()).to.deep.equal(
      [
        ...['secrets', 'postgres-0', 'provision-0', 'consumer-0', 'worker-0', 'producer-0'],
        ...['ingress-0', 'dashboard-0'],
      ].sort(),
    )
  })

  it('get addresses and credentials, each in a file of a separate volume', async () => {
    const { container } = await declarePlatform(tree, { secrets })
    for (const name of ['provision-0', 'consumer-0', 'worker-0', 'producer-0', 'dashboard-0']) {
      expect(envOf(container(name)), name).to.include({
        KAFKA_BROKERS: 'kafka-1.example.com:9093',
        KAFKA_AUTHORITY_FILE: '/run/secrets/kafka-authority-key/secret',
        KAFKA_USERNAME_FILE: '/run/secrets/kafka-username-key/secret',
        KAFKA_PASSWORD_FILE: '/run/secrets/kafka-password-key/secret',
      })
      const paths = container(name).inputs.volumes?.map(({ containerPath }) => containerPath)
      expect(paths, name).to.include.members(
        Object.keys(secrets).map((secret) => `/run/secrets/${secret}`),
      )
    }
    const ofIngress = container('ingress-0').inputs.volumes ?? []
    for (const { containerPath } of ofIngress) expect(containerPath).to.not.match(/kafka/)
  })

  it('have the password in no environment and no output', async () => {
    const { containers, outputs } = await declarePlatform(tree, { secrets })
    for (const { inputs } of containers)
      expect(JSON.stringify([inputs.envs, inputs.command])).to.not.include('a password')
    expect(JSON.stringify(outputs)).to.not.include('a password')
  })
})
