import { expect } from 'chai'
import { linksOf, roleLinksOf } from '../../../../scripts/documents/links.ts'
import { aDockerPlatform, largePlatform } from '../../infra/a-platform.ts'

const pairsIn = (tree: object) =>
  linksOf(aDockerPlatform(tree).services).map(({ from, to }) => `${from.name} ${to.name}`)
const arrowsIn = (tree: object) =>
  roleLinksOf(aDockerPlatform(tree).services).map(({ from, to }) => `${from} ${to}`)

const among = (froms: readonly string[], tos: readonly string[]) =>
  froms.flatMap((from) => tos.filter((to) => to !== from).map((to) => `${from} ${to}`))

describe('links', () => {
  it('of one of each', () => {
    const clients = ['provision-0', 'consumer-0', 'producer-0', 'dashboard-0']
    expect(pairsIn({})).to.have.members([
      'kafka-0 zookeeper-0',
      ...among(clients, ['kafka-0', 'postgres-0']),
      'ingress-0 producer-0',
      'fleet-0 ingress-0',
    ])
  })

  it('of several of each: every instance with every one it may need', () => {
    const zookeepers = ['zookeeper-0', 'zookeeper-1', 'zookeeper-2']
    const brokers = ['kafka-0', 'kafka-1', 'kafka-2']
    const producers = ['producer-0', 'producer-1']
    const consumers = ['consumer-0', 'consumer-1', 'consumer-2', 'consumer-3']
    expect(pairsIn(largePlatform)).to.have.members([
      ...among(zookeepers, zookeepers),
      ...among(brokers, [...zookeepers, ...brokers]),
      ...among(
        ['provision-0', 'dashboard-0', ...consumers, ...producers],
        [...brokers, 'postgres-0'],
      ),
      ...among(['ingress-0'], producers),
      'fleet-0 ingress-0',
    ])
  })

  it('come from whole names: producer-10 is not producer-1', () => {
    const { services, of } = aDockerPlatform({ producer: { instances: 11 } })
    const [ingress] = of('ingress')
    const telling = { ...ingress!, env: { PRODUCERS: 'producer-10:8080' } }
    const links = linksOf([telling, ...services.filter((plan) => plan !== ingress)])
    const told = links.filter(({ from }) => from === telling).map(({ to }) => to.name)
    expect(told).to.deep.equal(['producer-10'])
  })

  it('come from addresses, not from what else is called like a service', () => {
    const tree = { kafka: { topic: 'ingress' }, postgres: { database: 'ingress' } }
    expect(pairsIn(tree)).to.have.members(pairsIn({}))
  })
})

describe('links of roles', () => {
  const outer = [
    'kafka zookeeper',
    ...among(['provision', 'consumer', 'producer', 'dashboard'], ['kafka', 'postgres']),
    'ingress producer',
    'fleet ingress',
  ]

  it('of one of each', () => {
    expect(arrowsIn({})).to.have.members(outer)
  })

  it('of several of each, among servers as well', () => {
    expect(arrowsIn(largePlatform)).to.have.members([
      ...outer,
      'kafka kafka',
      'zookeeper zookeeper',
    ])
  })

  it('each say what they are for', () => {
    for (const tree of [{}, largePlatform]) {
      const silent = roleLinksOf(aDockerPlatform(tree).services).filter(
        ({ purpose }) => purpose === '',
      )
      expect(silent).to.deep.equal([])
    }
  })

  it('show the path of a reading from the vehicle to the table', () => {
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

  it('are refused where only some instances are linked', () => {
    const { services } = aDockerPlatform({ consumer: { instances: 2 } })
    const partly = services.map((plan) =>
      plan.name === 'consumer-1' ? { ...plan, env: {} } : plan,
    )
    expect(() => roleLinksOf(partly)).to.throw(
      'only 1 of 2 connections from consumer to postgres are there',
    )
  })
})
