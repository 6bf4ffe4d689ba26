import { expect } from 'chai'
import { toConfig } from '../../../infra/config/config.ts'
import { shrunkClusterFaults } from '../../../infra/checks/shrunk-cluster.ts'
import { hostPortKeys } from '../../../infra/topology/host-ports.ts'
import {
  roleNames,
  roleOf,
  roles,
  startNames,
  userFilesOf,
} from '../../../infra/topology/role-registry.ts'
import { shutdownOrder } from '../../../infra/topology/shutdown-order.ts'

describe('role registry', () => {
  it('exports each role under its name', () => {
    for (const [name, role] of Object.entries(roles)) expect(role.name).to.equal(name)
  })

  it('throws for an unknown role name', () => {
    expect(roleOf('kafka')).to.equal(roles.kafka)
    for (const name of ['kafak', 'toString']) {
      expect(() => roleOf(name)).to.throw(`there is no role ${name}`)
    }
  })

  it('starts each role after the roles that it needs', () => {
    for (const name of startNames) {
      const before = startNames.slice(0, startNames.indexOf(name)).map((role) => roles[role])
      expect(before, name).to.include.members([...roles[name].needs])
    }
  })

  it('stops senders before receivers', () => {
    expect(shutdownOrder).to.deep.equal([
      ['fleet', 'provision'],
      ['ingress', 'producer', 'dashboard'],
      ['consumer', 'worker'],
      ['kafka'],
      ['zookeeper'],
      ['postgres', 'objects'],
    ])
  })

  it('stops everything in less than 20 seconds', () => {
    const longest = shutdownOrder.map((names) =>
      Math.max(...names.map((name) => roles[name].stop.graceMs)),
    )
    expect(longest.reduce((sum, graceMs) => sum + graceMs)).to.be.lessThan(20_000)
  })

  it('has a bundle exactly for the roles whose image is built, except the S3 server', () => {
    for (const name of roleNames.filter((role) => role !== 'objects')) {
      expect(roles[name].bundle !== undefined, name).to.equal(roles[name].image.isBuilt)
    }
  })

  it('gives every user secret a name that ends with token', () => {
    const secrets = userFilesOf(toConfig({})).filter(({ kind }) => kind === 'secret')
    expect(secrets.map(({ name }) => name)).to.deep.equal(['token', 'dashboard-token'])
    for (const { name } of secrets) expect(name).to.match(/token$/)
  })

  it('refers only to configuration keys that exist', () => {
    for (const key of hostPortKeys()) {
      expect(() => toConfig({}, [`${key}=1234`]), key).to.not.throw()
    }
    for (const { key } of userFilesOf(toConfig({}))) {
      const [given] = userFilesOf(toConfig({}, [`${key}=file`])).filter((file) => file.key === key)
      expect(given?.path, key).to.equal('file')
    }
  })

  it('refuses fewer instances than existing data only for Kafka and ZooKeeper', () => {
    const names = roleNames.map((name) => `${name}-2`)
    const faults = shrunkClusterFaults(toConfig({}), {
      names,
      holder: 'It',
      startEmpty: 'start empty',
    })
    const named = faults.map((fault) => /of 3 (\w+) servers/.exec(fault)?.[1])
    expect(named).to.deep.equal(['kafka', 'zookeeper'])
  })
})
