import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { EnvironmentReader } from '../../../services/runtime/env.ts'
import { parsePipelines, readPipelinesEnv } from '../../../services/runtime/pipelines-file.ts'

const readings = { name: 'readings', topic: 'test_topic', table: 'diag', group: 'a group' }

describe('parsePipelines', () => {
  it('returns the pipelines of the list', () => {
    const others = { ...readings, name: 'others' }
    expect(parsePipelines(JSON.stringify([readings, others]))).to.deep.equal([readings, others])
  })

  it('ignores unknown properties', () => {
    expect(parsePipelines(JSON.stringify([{ ...readings, later: 1 }]))).to.deep.equal([readings])
  })

  for (const [content, fault] of [
    ['{', 'its content is not a JSON list'],
    ['{}', 'its content is not a JSON list'],
    ['[]', 'it lists no pipeline'],
    ['[null]', 'entry 1 is not an object'],
    ['["readings"]', 'entry 1 is not an object'],
    [JSON.stringify([readings, { ...readings, topic: '' }]), 'entry 2 has no text "topic"'],
    [JSON.stringify([{ ...readings, table: 7 }]), 'entry 1 has no text "table"'],
    [JSON.stringify([readings, readings]), 'entry 2 has the name "readings" of an earlier one'],
  ] as const) {
    it(`returns an error for ${content}: ${fault}`, () => {
      expect(parsePipelines(content)).to.equal(fault)
    })
  }
})

describe('readPipelinesEnv', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'av-telemetry-pipelines-'))
    file = join(folder, 'pipelines.json')
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  const faultOf = (source: Record<string, string>): string => {
    const env = new EnvironmentReader(source)
    readPipelinesEnv(env)
    try {
      env.finish(undefined)
      return ''
    } catch (error) {
      return (error as Error).message.split('\n')[1] ?? ''
    }
  }

  it('reads the pipelines from the file that PIPELINES_FILE names', () => {
    writeFileSync(file, JSON.stringify([readings]))
    expect(readPipelinesEnv(new EnvironmentReader({ PIPELINES_FILE: file }))).to.deep.equal([
      readings,
    ])
    expect(faultOf({ PIPELINES_FILE: file })).to.equal('')
  })

  it('reports the file and its error', () => {
    writeFileSync(file, '[{}]')
    expect(faultOf({ PIPELINES_FILE: file })).to.equal(
      `  PIPELINES_FILE is "${file}"; it should be a JSON file with the list of pipelines, but entry 1 has no text "name".`,
    )
  })

  it('reports a missing variable and a missing file', () => {
    expect(faultOf({})).to.match(/PIPELINES_FILE is not set/)
    expect(faultOf({ PIPELINES_FILE: file })).to.match(/PIPELINES_FILE names a file that cannot be/)
  })
})
