import { expect } from 'chai'
import { run as runFleet } from '../../../scripts/commands/fleet.ts'
import { run as runSql } from '../../../scripts/commands/sql.ts'
import { run as runStart } from '../../../scripts/commands/start.ts'

describe('a command with wrong input ends with exit code 2', () => {
  const { signal } = new AbortController()
  const refused: Record<string, () => Promise<number>> = {
    'sql with an empty statement': () => runSql([' ']),
    'sql without a statement': () => runSql([]),
    'sql with a statement and a file': () => runSql(['select 1', '--file', 'a.sql']),
    'sql with a file that does not exist': () => runSql(['--file', '/nowhere/a.sql']),
    'sql with a folder as file': () => runSql(['--file', '/tmp']),
    'start with an unknown option': () => runStart(['--zork'], signal),
    'start with a missing configuration file': () => runStart(['--config', '/missing'], signal),
    'start with a wrong setting': () => runStart(['--set', '.=1'], signal),
    'fleet with a number that is out of range': () => runFleet(['--num-vehicles', '0'], signal),
    'fleet with a missing token file': () => runFleet(['--token-file', '/missing'], signal),
  }
  for (const [title, command] of Object.entries(refused)) {
    it(title, async () => {
      expect(await command()).to.equal(2)
    })
  }

  it('and the help with 0', async () => {
    expect(await runSql(['--help'])).to.equal(0)
  })
})
