import { expect } from 'chai'
import { declarePlatform } from './declared-platform.ts'

const tokens = { 'postgres-owner-key': 'a password' }
const tree = {
  postgres: { external: { host: 'fleet-rw.postgres.svc', passwordFile: 'owner' } },
}

describe('Kubernetes objects of a platform with an existing Postgres', () => {
  it('contain no Postgres', async () => {
    const { objects } = await declarePlatform(tree, { tokens })
    const pods = objects.filter(({ kind }) => ['StatefulSet', 'Deployment', 'Job'].includes(kind))
    const names = pods.map(({ metadata }) => metadata.name).join(' ')
    expect(names).to.match(/consumer/)
    expect(names).to.not.match(/postgres/)
  })

  it('give the password of the owner to provisioning alone, as a file', async () => {
    const { objects } = await declarePlatform(tree, { tokens })
    const textOf = (role: string) =>
      JSON.stringify(
        objects.find(
          ({ kind, metadata }) =>
            ['Deployment', 'Job'].includes(kind) && metadata.name.startsWith(role),
        ),
      )
    expect(textOf('provision')).to.include('/run/secrets/postgres-owner-key/secret')
    expect(textOf('provision')).to.not.include('a password')
    expect(textOf('consumer')).to.include('fleet-rw.postgres.svc')
    expect(textOf('consumer')).to.include('"/run/secrets/writer/secret"')
    expect(textOf('consumer')).to.not.include('postgres-owner-key')
  })
})
