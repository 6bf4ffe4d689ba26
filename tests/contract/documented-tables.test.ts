import { readFileSync } from 'node:fs'
import { expect } from 'chai'

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

/** The names in the first column of the table in a section. */
function columnsIn(text: string, section: string): string[] {
  const [, part = ''] = text.split(`\n## ${section}\n`)
  const rows = (part.split('\n## ')[0] ?? '').matchAll(/^\| (`.*?`) \|/gm)
  return [...rows].flatMap(([, names = '']) => names.split(', ').map((name) => name.slice(1, -1)))
}

describe('docs/table.md', () => {
  it('describes every column of the table file', () => {
    const database = JSON.parse(read('tests/contract/frozen/database.json')) as object
    const columns = Object.keys(database).flatMap(
      (key) => /^column file\.(.*)$/.exec(key)?.[1] ?? [],
    )
    expect(columns).to.include('processing_key')
    expect(columnsIn(read('docs/table.md'), 'Files').sort()).to.deep.equal(columns.sort())
  })
})
