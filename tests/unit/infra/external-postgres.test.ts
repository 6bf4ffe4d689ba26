import { expect } from 'chai'
import { toConfig } from '../../../infra/config/config.ts'
import { checkNotOnLoopback } from '../../../infra/checks/loopback-servers.ts'
import { lostDatabaseFaults } from '../../../infra/checks/lost-database.ts'
import { dockerPlacement } from '../../../infra/docker/placement.ts'
import { externalPsqlLine } from '../../../infra/docker/addresses.ts'
import { psqlLine as psqlOnKubernetes } from '../../../infra/kubernetes/addresses.ts'
import { kubernetesPlacement } from '../../../infra/kubernetes/placement.ts'
import { hostPortsOf } from '../../../infra/topology/host-ports.ts'
import { databaseFiles } from '../../../infra/topology/external/postgres.ts'
import { servicesOf, topologyOf } from '../../../infra/topology/topology.ts'
import { faultsOf } from './faults-of.ts'

const host = 'db.example.com'
const passwordFile = 'secrets/owner'
const external = { host, passwordFile }
const treeOf = (more: object = {}) => ({ postgres: { external: { ...external, ...more } } })

const roleFiles = {
  ...{ writerPasswordFile: 'secrets/writer', workerPasswordFile: 'secrets/worker' },
  ...{ operatorPasswordFile: 'secrets/operator', readerPasswordFile: 'secrets/reader' },
}

describe('postgres.external', () => {
  it('needs a password file', () => {
    expect(faultsOf({ postgres: { external: { host } } })).to.deep.equal([
      'postgres.external.passwordFile: postgres.external.host needs it; name a file',
    ])
    expect(faultsOf(treeOf())).to.deep.equal([])
  })

  it('refuses keys without a host, because the platform would start a Postgres', () => {
    const faults = faultsOf({
      postgres: { external: { passwordFile, tls: { authorityFile: 'ca.pem' } } },
    })
    expect(faults).to.deep.equal(
      ['passwordFile', 'tls.authorityFile'].map(
        (key) =>
          `postgres.external.${key}: it is used only with postgres.external.host; set that, or remove the key`,
      ),
    )
  })

  it('needs the passwords of given roles, and only of those', () => {
    expect(faultsOf(treeOf({ roles: { given: true } }))).to.deep.equal(
      Object.keys(roleFiles).map(
        (key) =>
          `postgres.external.roles.${key}: postgres.external.roles.given needs it; name a file`,
      ),
    )
    expect(faultsOf(treeOf({ roles: { given: true, ...roleFiles } }))).to.deep.equal([])
    const [fault, ...others] = faultsOf(treeOf({ roles: { writerPasswordFile: 'secrets/writer' } }))
    expect(others).to.deep.equal([])
    expect(fault).to.equal(
      'postgres.external.roles.writerPasswordFile: it is used only with postgres.external.roles.given; set that to true, or remove the key',
    )
  })

  it('refuses an authority file with a mode that does not check the certificate', () => {
    const [fault] = faultsOf(treeOf({ tls: { mode: 'require', authorityFile: 'ca.pem' } }))
    expect(fault).to.match(
      /^postgres\.external\.tls\.authorityFile: it is not used with tls\.mode require/,
    )
  })

  it('refuses workers on other machines', () => {
    const faults = faultsOf({ ...treeOf(), worker: { hostAddress: '192.0.2.7' } })
    expect(faults).to.have.length(1)
    expect(faults[0]).to.match(/^worker\.hostAddress: cannot be used with postgres\.external\.host/)
  })

  for (const [setting, expected] of [
    ['postgres.external.host=http://db', /postgres\.external\.host: expected a host name/],
    ['postgres.external.port=0', /postgres\.external\.port: /],
    [
      'postgres.external.tls.mode=prefer',
      /postgres\.external\.tls\.mode: expected one of "disable"/,
    ],
    [
      'postgres.external.database=A B',
      /postgres\.external\.database: expected a lower-case SQL name/,
    ],
    [
      'postgres.external.roles.password=x',
      /unknown key; expected one of: given, writerPasswordFile/,
    ],
  ] as const) {
    it(`refuses ${setting}`, () => {
      expect(faultsOf(treeOf(), [setting]).join('\n')).to.match(expected)
    })
  }

  for (const [name, placement] of [
    ['Docker', dockerPlacement(toConfig(treeOf()))],
    ['Kubernetes', kubernetesPlacement()],
  ] as const) {
    it(`starts no Postgres on ${name}, and names the files of the user`, () => {
      const config = toConfig(
        treeOf({ tls: { authorityFile: 'ca.pem' }, roles: { given: true, ...roleFiles } }),
      )
      const plans = servicesOf(topologyOf(config, placement, 0))
      expect(plans.map(({ role }) => role)).to.not.include('postgres')
      const consumer = plans.find(({ role }) => role === 'consumer')
      expect(consumer?.env).to.include({
        POSTGRES_HOST: host,
        POSTGRES_PORT: '5432',
        POSTGRES_TLS_MODE: 'verify-full',
        POSTGRES_AUTHORITY_FILE: '/run/secrets/postgres-authority-key/secret',
        POSTGRES_PASSWORD_FILE: '/run/secrets/postgres-writer-key/secret',
      })
    })
  }

  it('is refused beside a database of the platform, until its rows are moved', () => {
    const existing = { holder: 'The state', startEmpty: 'start empty with --fresh' }
    const faults = (more: object, names: readonly string[]) =>
      lostDatabaseFaults(toConfig(treeOf(more)), { ...existing, names })
    for (const name of ['postgres', 'postgres-0']) {
      expect(faults({}, ['kafka-0', name])).to.deep.equal([
        'The state has a database of the platform, but postgres.external.host names another server. The rows in it would not be used any more. Move them and set postgres.external.ignoreOwnData to true (docs/external-postgres.md), remove postgres.external.host, or start empty with --fresh.',
      ])
      expect(faults({ ignoreOwnData: true }, [name])).to.deep.equal([])
    }
    expect(faults({}, ['kafka-0'])).to.deep.equal([])
    expect(lostDatabaseFaults(toConfig({}), { ...existing, names: ['postgres'] })).to.deep.equal([])
  })

  for (const [key, tree] of [
    ['postgres.external.host', { postgres: { external: { ...external, host: '127.0.0.1' } } }],
    ['postgres.external.host', { postgres: { external: { ...external, host: 'localhost' } } }],
    ['kafka.external.brokers', { kafka: { external: { brokers: ['[::1]:9092'] } } }],
  ] as const)
    it(`is refused in containers with ${JSON.stringify(tree)}`, () => {
      expect(() => {
        checkNotOnLoopback(toConfig(tree))
      }).to.throw(new RegExp(`^${key}: in a container, .* is the container itself\\.`))
    })

  it('is not refused in containers with the address of another machine', () => {
    checkNotOnLoopback(toConfig(treeOf()))
  })

  it('uses no port of this machine', () => {
    const holders = hostPortsOf(toConfig(treeOf())).map(({ holder }) => holder)
    expect(holders).to.not.include('postgres-0')
  })

  it('gives a service only the passwords that it reads', () => {
    const config = toConfig(treeOf({ roles: { given: true, ...roleFiles } }))
    expect(databaseFiles(config, ['writer']).map(({ path }) => path)).to.deep.equal([
      'secrets/writer',
    ])
  })

  it('is opened by psql in a new container or pod', () => {
    const config = toConfig(treeOf({ tls: { authorityFile: 'ca.pem' } }))
    expect(externalPsqlLine(config, '/clone')).to.equal(
      `docker run --rm -it -v "/clone/ca.pem:/authorities.pem:ro" postgres:18.4 psql "host=db.example.com port=5432 user=av_telemetry dbname=av_telemetry sslmode=verify-full sslrootcert='/authorities.pem'"`,
    )
    expect(psqlOnKubernetes(config)).to.equal(
      `kubectl -n av-telemetry run psql --rm -it --image=postgres:18.4 -- psql "host=db.example.com port=5432 user=av_telemetry dbname=av_telemetry sslmode=require"`,
    )
    expect(externalPsqlLine(toConfig(treeOf()), '/clone')).to.match(
      /sslmode=verify-full sslrootcert=system"$/,
    )
  })
})
