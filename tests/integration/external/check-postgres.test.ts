import { expect } from 'chai'
import { toConfig } from '../../../infra/config/config.ts'
import { checkServers } from '../../../scripts/check-servers/check-servers.ts'
import { postgresSection } from '../../support/managed-servers/external-sections.ts'
import { ManagedPostgres } from '../../support/managed-servers/managed-postgres.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'

const owner = 'telemetry_owner'
const database = 'av_telemetry'

type Right = { readonly withhold: string; readonly give: string; readonly remedy: RegExp }

/** Rights on the database, by the name in the table. */
const onDatabase: Readonly<Record<string, Right>> = {
  [`connections of ${owner} to the database ${database}`]: {
    withhold: `REVOKE CONNECT ON DATABASE ${database} FROM ${owner}`,
    give: `GRANT CONNECT ON DATABASE ${database} TO ${owner}`,
    remedy: /^GRANT CONNECT ON DATABASE "av_telemetry" TO "telemetry_owner";/,
  },
  [`ownership of the database ${database}`]: {
    withhold: `ALTER DATABASE ${database} OWNER TO administrator; GRANT CONNECT ON DATABASE ${database} TO ${owner}`,
    give: `ALTER DATABASE ${database} OWNER TO ${owner}`,
    remedy: /^ALTER DATABASE av_telemetry OWNER TO telemetry_owner;$/,
  },
}

const creation: Readonly<Record<string, Right>> = {
  'CREATEROLE, to make the roles of the services': {
    withhold: `ALTER ROLE ${owner} NOCREATEROLE`,
    give: `ALTER ROLE ${owner} CREATEROLE`,
    remedy: /^ALTER ROLE telemetry_owner CREATEROLE;/,
  },
}

const memberships = Object.fromEntries(
  ['worker', 'step'].map((role): [string, Right] => [
    `membership of ${owner} in telemetry_${role}`,
    {
      withhold: `REVOKE telemetry_${role} FROM ${owner}`,
      give: `GRANT telemetry_${role} TO ${owner} WITH INHERIT TRUE, SET TRUE`,
      remedy: new RegExp(`^GRANT telemetry_${role} TO ${owner} WITH INHERIT TRUE, SET TRUE;$`),
    },
  ]),
)

const logins = Object.fromEntries(
  ['writer', 'worker', 'operator', 'reader'].map((role): [string, Right] => [
    `the role telemetry_${role}, which may log in`,
    {
      withhold: `ALTER ROLE telemetry_${role} NOLOGIN`,
      give: `ALTER ROLE telemetry_${role} LOGIN`,
      remedy: new RegExp(`^ALTER ROLE telemetry_${role} LOGIN;$`),
    },
  ]),
)

for (const given of [false, true]) {
  const rights = { ...onDatabase, ...(given ? { ...logins, ...memberships } : creation) }
  const kind = given ? 'given roles' : 'an owner that makes the roles'

  describe(`check-servers with a managed Postgres and ${kind}`, function () {
    this.timeout(120_000)
    const folder = new TemporaryFolder()
    let postgres: ManagedPostgres

    before(async () => {
      postgres = await ManagedPostgres.start()
      if (given) await postgres.makeRoles()
      await change('give', Object.values(rights))
    })

    after(async () => {
      await postgres[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    })

    async function change(how: 'give' | 'withhold', of: readonly Right[]): Promise<void> {
      for (const right of of)
        for (const statement of right[how].split('; '))
          await postgres.asAdministrator(statement, 'postgres')
    }

    async function missing(): Promise<(readonly [string, string])[]> {
      const external = postgresSection(postgres, folder.path, given)
      const { findings } = await checkServers(toConfig({ postgres: { external } }))
      return findings
        .filter(({ isAllowed }) => !isAllowed)
        .map(({ right, remedy = '' }) => [right, remedy])
    }

    /** Roles, schemas and relations of the database. */
    const content = () =>
      postgres.asAdministrator(`SELECT
        (SELECT array_agg(rolname::text ORDER BY rolname) FROM pg_roles) AS roles,
        (SELECT array_agg(nspname::text ORDER BY nspname) FROM pg_namespace WHERE nspname !~ '^pg_') AS schemas,
        (SELECT count(*) FROM pg_class WHERE oid >= 16384) AS relations,
        (SELECT count(*) FROM pg_db_role_setting) AS settings`)

    it('names nothing if the owner has all rights and no other', async () => {
      const before = await content()
      expect(await missing()).to.deep.equal([])
      expect(await content()).to.deep.equal(before)
    })

    for (const [name, right] of Object.entries(rights)) {
      it(`names exactly "${name}" if only it is withheld, and makes nothing`, async () => {
        await change('withhold', [right])
        const before = await content()
        const found = await missing()
        expect(found.map(([each]) => each)).to.deep.equal([name])
        expect(found[0]?.[1]).to.match(right.remedy)
        expect(await content()).to.deep.equal(before)
        await change('give', [right])
        expect(await missing()).to.deep.equal([])
      })
    }

    it('names all of them in one run if all are withheld, and makes nothing', async () => {
      const reversed = Object.values(rights).reverse()
      await change('withhold', reversed)
      const before = await content()
      const found = await missing()
      expect(found.map(([each]) => each)).to.have.members(Object.keys(rights))
      expect(await content()).to.deep.equal(before)
      await change('give', reversed)
      expect(await missing()).to.deep.equal([])
    })

    it('names the schema public if another role owns it', async () => {
      await postgres.asAdministrator('ALTER SCHEMA public OWNER TO administrator')
      const [[right] = []] = await missing()
      expect(right).to.equal('ownership of the schema public')
      await postgres.asAdministrator('ALTER SCHEMA public OWNER TO pg_database_owner')
      expect(await missing()).to.deep.equal([])
    })

    it('names the database if it does not exist, and does not make it', async () => {
      await postgres.asAdministrator(`ALTER DATABASE ${database} RENAME TO other`, 'postgres')
      const found = await missing()
      expect(found.map(([right]) => right)).to.deep.equal([`the database ${database}`])
      expect(found[0]?.[1]).to.match(/^CREATE DATABASE "av_telemetry" OWNER "telemetry_owner"/)
      await postgres.asAdministrator(`ALTER DATABASE other RENAME TO ${database}`, 'postgres')
    })

    it('names the login if the password is wrong', async () => {
      const { password } = postgres.owner
      await postgres.asAdministrator(`ALTER ROLE ${owner} PASSWORD 'other'`)
      const found = await missing()
      expect(found.map(([right]) => right)).to.deep.equal([`the login of ${owner}`])
      await postgres.asAdministrator(`ALTER ROLE ${owner} PASSWORD '${password}'`)
    })

    if (given) {
      it('names the password of a role that does not accept it', async () => {
        await postgres.asAdministrator(`ALTER ROLE telemetry_reader PASSWORD 'other'`)
        expect((await missing()).map(([right]) => right)).to.deep.equal([
          'the password of telemetry_reader',
        ])
        const { reader } = postgres.rolePasswords
        await postgres.asAdministrator(`ALTER ROLE telemetry_reader PASSWORD '${reader}'`)
      })
    }

    it('says why there is no connection', async () => {
      await postgres.stop()
      const [[right, remedy] = []] = await missing()
      expect(right).to.equal(`a connection to localhost:${postgres.port}`)
      expect(remedy).to.match(/ECONNREFUSED/)
      await postgres.startAgain()
    })
  })
}
