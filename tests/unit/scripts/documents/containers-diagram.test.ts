import { expect } from 'chai'
import { toConfig } from '../../../../infra/config/config.ts'
import { containersDiagram } from '../../../../scripts/documents/containers-diagram.ts'
import { largePlatform } from '../../infra/a-platform.ts'

const linesOf = (tree: object) =>
  containersDiagram(toConfig(tree))
    .split('\n')
    .map((line) => line.trim())

describe('containersDiagram', () => {
  it('has one node for each role, with the names and published ports of its containers', () => {
    const lines = linesOf({ ...largePlatform, kafka: { instances: 2, hostPort: 9292 } })
    expect(lines).to.include(
      'role-kafka[("kafka-0, kafka-1<br/>127.0.0.1:9292<br/>127.0.0.1:9293")]',
    )
  })

  it('shows how many vehicles the configuration has, and no node without vehicles', () => {
    expect(linesOf({ fleet: { numVehicles: 1 } })).to.include('role-fleet[("1 vehicle")]')
    expect(linesOf({ fleet: { numVehicles: 0 } }).join('\n')).to.not.include('role-fleet')
  })

  it('has an arrow for each link of two roles, thick if readings pass', () => {
    const arrows = linesOf({}).filter((line) => /[=-]->|==>/.test(line))
    expect(arrows.map((arrow) => arrow.replace(/\|.*\|/, ''))).to.have.members([
      'role-fleet ==> role-ingress',
      'role-ingress ==> role-producer',
      'role-producer ==> role-kafka',
      'role-consumer ==> role-kafka',
      'role-consumer ==> role-postgres',
      'role-worker --> role-kafka',
      'role-worker --> role-postgres',
      'role-producer --> role-postgres',
      'role-provision --> role-kafka',
      'role-provision --> role-postgres',
      'role-dashboard --> role-kafka',
      'role-dashboard --> role-postgres',
      'role-kafka --> role-zookeeper',
    ])
  })

  it('names the network of the configuration', () => {
    const [, , network] = linesOf({ network: { name: 'fleet-1' } })
    expect(network).to.equal('subgraph network ["bridge network fleet-1"]')
  })
})
