import { expect } from 'chai'
import type { ServerFinding } from '../../../services/adapters/postgres/external/needed-rights.ts'
import {
  rightsOf,
  versionFinding,
} from '../../../services/adapters/postgres/external/needed-rights.ts'
import { requireRights } from '../../../services/adapters/postgres/external/prepare-server.ts'
import type {
  RoleFacts,
  ServerFacts,
} from '../../../services/adapters/postgres/external/server-facts.ts'
import { serviceRoles } from '../../../services/adapters/postgres/external/server-facts.ts'

const facts: ServerFacts = {
  ...{ version: '18.1', versionNumber: 180_001, encoding: 'UTF8', isStandby: false },
  ...{ owner: 'fleet_owner', database: 'fleet', isSuperuser: false, mayCreateRoles: false },
  ...{ ownsDatabase: true, ownsSchema: true, hasForeignSchema: false },
  durability: {
    ...{ fsync: true, fullPageWrites: true, synchronousCommit: 'on' },
    synchronousStandbyNames: '',
  },
}

/** The roles as an administrator makes them. */
const given: readonly RoleFacts[] = serviceRoles.map((name) => {
  const isGranted = name === 'telemetry_worker' || name === 'telemetry_step'
  return {
    ...{ name, mayLogIn: name !== 'telemetry_step', mayBeChanged: false },
    ...{ isInherited: isGranted, mayBeSet: isGranted },
  }
})

const missing = (findings: readonly ServerFinding[]) =>
  findings.filter(({ isAllowed }) => !isAllowed).map(({ remedy }) => remedy)

const missingOf = (changed: Partial<ServerFacts>, roles = given) =>
  missing(rightsOf({ ...facts, ...changed }, roles, { rolesAreGiven: true }))

describe('The rights on an existing Postgres', () => {
  it('are complete for an owner without superuser and CREATEROLE, with given roles', () => {
    expect(missingOf({})).to.deep.equal([])
  })

  it('need version 18, because statements return old and new rows', () => {
    expect(versionFinding({ version: '17.6', versionNumber: 170_006 })).to.deep.equal({
      ...{ right: 'Postgres 18 or later', isAllowed: false },
      remedy: 'The server is Postgres 17.6. Upgrade it, or use another server.',
    })
    expect(versionFinding(facts).isAllowed).to.equal(true)
  })

  for (const [what, changed, remedy] of [
    [
      'the database',
      { ownsDatabase: false, ownsSchema: false },
      'ALTER DATABASE fleet OWNER TO fleet_owner;',
    ],
    ['the schema public', { ownsSchema: false }, 'ALTER SCHEMA public OWNER TO pg_database_owner;'],
    [
      'the name of the schema data',
      { hasForeignSchema: true },
      'The database has a schema "data" that the platform has not made. Use another database.',
    ],
    [
      'a primary server',
      { isStandby: true },
      'The server is a standby, which can only be read. Use the address of the primary server.',
    ],
    [
      'the encoding UTF8',
      { encoding: 'LATIN1' },
      `The database has the encoding LATIN1. Make another one: CREATE DATABASE "fleet" ENCODING 'UTF8' TEMPLATE template0;`,
    ],
  ] as const) {
    it(`name ${what} if it is missing, and nothing else`, () => {
      expect(missingOf(changed)).to.deep.equal([remedy])
    })
  }

  for (const name of serviceRoles) {
    it(`name the role ${name} and what is granted on it if it does not exist`, () => {
      const login =
        name === 'telemetry_step' ? 'NOLOGIN' : `LOGIN PASSWORD '(the password in its file)'`
      const isGranted = given.some((role) => role.name === name && role.isInherited)
      expect(
        missingOf(
          {},
          given.filter((role) => role.name !== name),
        ),
      ).to.deep.equal([
        `CREATE ROLE ${name} ${login};`,
        ...(isGranted ? [`GRANT ${name} TO fleet_owner WITH INHERIT TRUE, SET TRUE;`] : []),
      ])
    })
  }

  it('name the memberships of the owner if they are missing', () => {
    const roles = given.map((role) => ({ ...role, mayBeSet: false }))
    expect(missingOf({ owner: 'Fleet' }, roles)).to.deep.equal([
      'GRANT telemetry_worker TO "Fleet" WITH INHERIT TRUE, SET TRUE;',
      'GRANT telemetry_step TO "Fleet" WITH INHERIT TRUE, SET TRUE;',
    ])
  })

  it('name the login of a role that may not log in', () => {
    const roles = given.map((role) =>
      role.name === 'telemetry_reader' ? { ...role, mayLogIn: false } : role,
    )
    expect(missingOf({}, roles)).to.deep.equal(['ALTER ROLE telemetry_reader LOGIN;'])
  })

  it('need CREATEROLE if the platform makes the roles, and ADMIN on those that exist', () => {
    const made = (changed: Partial<ServerFacts>, roles: readonly RoleFacts[]) =>
      missing(rightsOf({ ...facts, ...changed }, roles, { rolesAreGiven: false }))
    expect(made({ mayCreateRoles: true }, [])).to.deep.equal([])
    expect(made({}, [])).to.deep.equal([
      'ALTER ROLE fleet_owner CREATEROLE; Or make the roles, and set postgres.external.roles.given.',
    ])
    const foreign = given.filter(({ name }) => name === 'telemetry_writer')
    expect(made({ mayCreateRoles: true }, foreign)).to.deep.equal([
      'GRANT telemetry_writer TO fleet_owner WITH ADMIN OPTION;',
    ])
  })

  it('are reported all together, in one error', () => {
    const findings = rightsOf({ ...facts, ownsDatabase: false, encoding: 'LATIN1' }, given, {
      rolesAreGiven: true,
    })
    expect(() => {
      requireRights(findings)
    }).to.throw(
      /^The existing Postgres does not allow what the platform needs\. Nothing was made\. .*\n {2}the encoding UTF8: .*\n {2}ownership of the database fleet: ALTER DATABASE/,
    )
    requireRights(findings.filter(({ isAllowed }) => isAllowed))
  })
})
