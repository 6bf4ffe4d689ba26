import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { configFiles } from '../../infra/config/config-files.ts'
import { loadConfig, toConfig } from '../../infra/config/config.ts'
import { schemaKeys } from './schema-keys.ts'

const pathOf = (name: string) => new URL(`../../${name}`, import.meta.url).pathname
const files = Object.entries(configFiles())

describe('generated configuration files', () => {
  it('are config.schema.json and config.master.json', () => {
    expect(files.map(([name]) => name).sort()).to.deep.equal([
      'config.master.json',
      'config.schema.json',
    ])
  })

  for (const [name, text] of files) {
    it(`${name} equals the generated text (update it with npm run schema)`, () => {
      expect(readFileSync(pathOf(name), 'utf8')).to.equal(text)
    })
  }

  it('config.master.json contains exactly the defaults', () => {
    expect(loadConfig(pathOf('config.master.json'))).to.deep.equal(toConfig({}))
  })

  it('config.schema.json has a description and a default for every key', () => {
    for (const { path, description, fallback } of schemaKeys()) {
      expect(description, path).to.be.a('string').that.is.not.empty
      expect(fallback, path).to.not.equal(undefined)
    }
  })
})

describe('docs/configuration.md', () => {
  const text = readFileSync(pathOf('docs/configuration.md'), 'utf8')

  /** The cells of the only table row for this key. */
  function rowOf(path: string): string[] | undefined {
    const rows = text.split('\n').filter((line) => line.startsWith(`| \`${path}\` |`))
    return rows.length === 1 ? rows[0]?.split('|').map((cell) => cell.trim()) : undefined
  }

  it('has one row for every key of the configuration, with its default', () => {
    const shown = schemaKeys().map(({ path }) => [path, rowOf(path)?.[2]?.replaceAll('`', '')])
    const toText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
    const expected = schemaKeys().map(({ path, fallback }) => [path, toText(fallback)])
    expect(shown).to.deep.equal(expected)
  })

  it('has no row for a key that does not exist', () => {
    const rows = text.matchAll(/^\| `([a-z]+(?:\.[A-Za-z]+)+)` \|/gm)
    const known = schemaKeys().map(({ path }) => path)
    const keys = [...rows].map(([, path = '']) => path)
    expect(keys.filter((path) => !known.includes(path))).to.deep.equal([])
  })
})
