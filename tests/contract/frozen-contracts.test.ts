import { expect } from 'chai'
import { configFiles } from '../../infra/config/config-files.ts'
import { commands } from '../support/contracts/commands.ts'
import type { Contract } from '../support/contracts/frozen.ts'
import { changesOf, expectFrozen, readFrozen } from '../support/contracts/frozen.ts'
import { httpDocuments, httpRoutes, problemTexts } from '../support/contracts/http.ts'
import { logEvents } from '../support/contracts/log-events.ts'
import { records } from '../support/contracts/records.ts'
import { registries } from '../support/registries.ts'

const testFile = 'tests/contract/frozen-contracts.test.ts'

type Schema = { readonly properties?: Readonly<Record<string, Schema>> }

/** Every key of the configuration with its type, range and default. */
function configuration(): Contract {
  const schema = JSON.parse(configFiles()['config.schema.json'] ?? '') as Schema
  return Object.fromEntries(keysBelow(schema, ''))
}

function keysBelow({ properties, ...schema }: Schema, path: string): [string, string][] {
  if (properties !== undefined) {
    return Object.entries(properties).flatMap(([name, child]) =>
      keysBelow(child, path === '' ? name : `${path}.${name}`),
    )
  }
  const constraints = Object.entries(schema).filter(([name]) => name !== 'description')
  const texts = constraints.map(([name, value]) => `${name} ${JSON.stringify(value)}`)
  return [[path, texts.sort().join(', ')]]
}

type Metric = {
  readonly name: string
  readonly type: string
  readonly labelNames: readonly string[]
}

/** Our metrics with type and labels, by service; metrics of the Node process come from prom-client. */
function metrics(): Contract {
  const entries = registries().flatMap((registry) =>
    (registry.getMetricsAsArray() as unknown as Metric[])
      .filter(({ name }) => !/^(process|nodejs)_/.test(name))
      .map(({ name, type, labelNames }) => {
        const { service } = (registry as unknown as { _defaultLabels: { service: string } })
          ._defaultLabels
        return [`${service} ${name}`, `${type} {${[...labelNames].sort().join(', ')}}`] as const
      }),
  )
  return Object.fromEntries(entries)
}

describe('changesOf', () => {
  it('lists each added, removed or changed entry, regardless of order', () => {
    const frozen = { kept: 'x', gone: 'text', other: 'integer', bare: '' }
    const current = { fresh: 'number', other: 'text', kept: 'x', naked: '' }
    expect(changesOf(frozen, current)).to.deep.equal([
      'removed  bare',
      'added    fresh (number)',
      'removed  gone (text)',
      'added    naked',
      'changed  other: was integer, is text',
    ])
  })

  it('returns nothing when nothing differs', () => {
    expect(changesOf({ left: '1', right: '2' }, { right: '2', left: '1' })).to.deep.equal([])
  })
})

describe('public contracts equal the snapshot', function () {
  this.timeout(60_000)

  it('for configuration keys, types, ranges and defaults', () => {
    expectFrozen('configuration', configuration(), testFile)
  })

  it('for npm scripts, shell scripts, arguments and options', async () => {
    expectFrozen('commands', await commands(), testFile)
  })

  it('for both OpenAPI documents', () => {
    expectFrozen('http-documents', httpDocuments(), testFile)
  })

  it('for HTTP routes', () => {
    expectFrozen('http-routes', httpRoutes(), testFile)
  })

  it('for status, title and detail of HTTP problem documents', () => {
    expectFrozen('http-problems', problemTexts(), testFile)
  })

  it('for metric names, types and labels', () => {
    expectFrozen('metrics', metrics(), testFile)
  })

  it('for Kafka records, refusal codes and dead-letter codes', async () => {
    expectFrozen('records', await records(), testFile)
  })

  it('for log event names, also those that are passed to what logs them', () => {
    const found = Object.keys(logEvents({}))
    expect(found).to.include.members(['topic-created', 'outputs-not-stored', 'files-read-again'])
    expect(found).to.include.members(['manifests-not-written', 'retirement-failed'])
  })

  it('for log event names', () => {
    expectFrozen('log-events', logEvents(readFrozen('log-events')), testFile)
  })
})
