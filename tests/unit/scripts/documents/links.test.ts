import { expect } from 'chai'
import { linksOf, roleLinksOf } from '../../../../scripts/documents/links.ts'
import { aDockerPlatform, largePlatform } from '../../infra/a-platform.ts'

const pairsIn = (tree: object) =>
  linksOf(aDockerPlatform(tree).services).map(({ from, to }) => `${from.name} ${to.name}`)
const arrowsIn = (tree: object) =>
  roleLinksOf(aDockerPlatform(tree).services).map(({ from, to }) => `${from} ${to}`)

const among = (froms: readonly string[], tos: readonly string[]) =>
  froms.flatMap((from) => tos.filter((to) => to !== from).map((to) => `${from} ${to}`))

describe('linksOf', () => {
  it('returns all links for one instance of each role', () => {
    const clients = ['provision-0', 'consumer-0', 'worker-0', 'producer-0', 'dashboard-0']
    expect(pairsIn({})).to.have.members([
      'kafka-0 zookeeper-0',
      ...among(clients, ['kafka-0', 'postgres-0']),
      'ingress-0 producer-0',
      'fleet-0 ingress-0',
    ])
  })

  it('links every instance to every instance that it uses', () => {
    const zookeepers = ['zookeeper-0', 'zookeeper-1', 'zookeeper-2']
    const brokers = ['kafka-0', 'kafka-1', 'kafka-2']
    const producers = ['producer-0', 'producer-1']
    const consumers = ['consumer-0', 'consumer-1', 'consumer-2', 'consumer-3']
    expect(pairsIn(largePlatform)).to.have.members([
      ...among(zookeepers, zookeepers),
      ...among(brokers, [...zookeepers, ...brokers]),
      ...among(
        ['provision-0', 'worker-0', 'dashboard-0', ...consumers, ...producers],
        [...brokers, 'postgres-0'],
      ),
      ...among(['ingress-0'], producers),
      'fleet-0 ingress-0',
    ])
  })

  it('matches whole host names: producer-10 is not producer-1', () => {
    const { services, of } = aDockerPlatform({ producer: { instances: 11 } })
    const [ingress] = of('ingress')
    const changedIngress = { ...ingress!, env: { PRODUCERS: 'producer-10:8080' } }
    const links = linksOf([changedIngress, ...services.filter((plan) => plan !== ingress)])
    const targets = links.filter(({ from }) => from === changedIngress).map(({ to }) => to.name)
    expect(targets).to.deep.equal(['producer-10'])
  })

  it('uses addresses only, not other values that equal a service name', () => {
    const tree = { kafka: { topic: 'ingress' }, postgres: { database: 'ingress' } }
    expect(pairsIn(tree)).to.have.members(pairsIn({}))
  })
})

describe('roleLinksOf', () => {
  const outer = [
    'kafka zookeeper',
    ...among(['provision', 'consumer', 'worker', 'producer', 'dashboard'], ['kafka', 'postgres']),
    'ingress producer',
    'fleet ingress',
  ]

  it('returns all links for one instance of each role', () => {
    expect(arrowsIn({})).to.have.members(outer)
  })

  it('returns the same links for several instances, and links among servers', () => {
    expect(arrowsIn(largePlatform)).to.have.members([
      ...outer,
      'kafka kafka',
      'zookeeper zookeeper',
    ])
  })

  it('returns the purpose of each link', () => {
    for (const tree of [{}, largePlatform]) {
      const silent = roleLinksOf(aDockerPlatform(tree).services).filter(
        ({ purpose }) => purpose === '',
      )
      expect(silent).to.deep.equal([])
    }
  })

  it('marks the path of a reading from the vehicle to the table', () => {
    const taken = roleLinksOf(aDockerPlatform().services).filter(
      ({ carriesReadings }) => carriesReadings,
    )
    expect(taken.map(({ from, to }) => `${from} ${to}`)).to.have.members([
      'fleet ingress',
      'ingress producer',
      'producer kafka',
      'consumer kafka',
      'consumer postgres',
    ])
  })

  it('throws if only some instances of two roles are linked', () => {
    const { services } = aDockerPlatform({ consumer: { instances: 2 } })
    const partly = services.map((plan) =>
      plan.name === 'consumer-1' ? { ...plan, env: {} } : plan,
    )
    expect(() => roleLinksOf(partly)).to.throw(
      'only 1 of 2 connections from consumer to postgres are there',
    )
  })
})
