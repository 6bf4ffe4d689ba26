import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { toConfig } from '../../../infra/config/config.ts'
import { root } from '../../../scripts/platform/paths.ts'

/** The settings of a configuration by their path, e.g. `kafka.hostPort`. */
function settingsOf(value: unknown, path = ''): [path: string, value: unknown][] {
  if (typeof value !== 'object' || value === null) return [[path, value]]
  return Object.entries(value).flatMap(([key, each]) =>
    settingsOf(each, path === '' ? key : `${path}.${key}`),
  )
}

describe('the example of a second platform in docs/configuration.md', () => {
  it('gives every port and the address file another value than the default', () => {
    const document = readFileSync(join(root, 'docs', 'configuration.md'), 'utf8')
    const [, example = ''] = /```json\n([^]*?)```/.exec(document) ?? []
    const second = new Map(settingsOf(toConfig(JSON.parse(example))))
    const shared = settingsOf(toConfig({})).filter(
      ([path, value]) => /(?:Port|\.addressFile)$/.test(path) && second.get(path) === value,
    )
    expect(second.get('kafka.hostPort')).to.be.a('number')
    expect(shared).to.deep.equal([])
  })
})
