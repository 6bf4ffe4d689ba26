import { expect } from 'chai'
import { declarePlatform } from './declared-platform.ts'
import type { WithPods } from './object-types.ts'

const tokens = { 'kafka-username-key': 'fleet', 'kafka-password-key': 'a password' }

const tree = {
  kafka: {
    external: {
      brokers: ['kafka-bootstrap.kafka.svc:9093'],
      sasl: { mechanism: 'scram-sha-512', usernameFile: 'user', passwordFile: 'password' },
    },
  },
}

describe('Kubernetes objects of a platform with an existing Kafka', () => {
  it('contain no Kafka and no ZooKeeper', async () => {
    const { objects } = await declarePlatform(tree, { tokens })
    const pods = objects.filter(({ kind }) => ['StatefulSet', 'Deployment', 'Job'].includes(kind))
    const names = pods.map(({ metadata }) => metadata.name).join(' ')
    expect(names).to.match(/consumer/)
    expect(names).to.not.match(/kafka|zookeeper/)
  })

  it('give the credentials to the pods that need them, as files', async () => {
    const { objects } = await declarePlatform(tree, { tokens })
    const consumer = objects.find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'consumer',
    ) as WithPods
    const text = JSON.stringify(consumer)
    expect(text).to.include('/run/secrets/kafka-password-key/secret')
    expect(text).to.include('kafka-bootstrap.kafka.svc:9093')
    expect(text).to.not.include('a password')
    const ingress = objects.find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'ingress',
    )
    expect(JSON.stringify(ingress)).to.not.include('kafka')
  })
})
