import { expect } from 'chai'
import { backup, expectations } from '../../support/commands-to-run.ts'
import { notRun } from '../../support/documented-commands.ts'
import { readDocuments } from '../../support/documents.ts'

const programs =
  /^(?:npm|npx|node|curl|docker|pulumi|git|prometheus|pmtiles|createdb|pg_dump|brew|pg_restore|psql|kcat|kafka-\S+\.sh|scripts\/\S+\.sh)(?: |$)/
/** Excludes names of programs in a sentence. */
const isCommand = (text: string): boolean => text.includes(' ') || text.startsWith('scripts/')

/** Every command of README and docs. */
const commands = [
  ...new Set(
    readDocuments()
      .filter(({ file }) => file === 'README.md' || file.startsWith('docs/'))
      .flatMap(({ code }) => code)
      .filter((text) => programs.test(text) && isCommand(text)),
  ),
].sort()

describe('commands of README and docs', () => {
  it('are all either run by tests/e2e/documents.test.ts or listed as not run with a reason', () => {
    const known = [...Object.keys(expectations), ...backup, ...Object.keys(notRun)]
    expect(commands.filter((command) => !known.includes(command))).to.deep.equal([])
    expect(known.filter((command) => !commands.includes(command))).to.deep.equal([])
  })
})
