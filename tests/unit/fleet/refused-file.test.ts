import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { keepInFile } from '../../../fleet/uplink/refused-file.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'

describe('file of refused readings', () => {
  const refused = (text: string) => [{ code: 'invalid-vin', detail: 'a "vin"', text }]

  it('has a line of JSON a reading, with its code', async () => {
    using folder = new TemporaryFolder()
    const file = join(folder.path, 'refused.ndjson')
    await keepInFile(file)(refused('{"vin":1}'))
    await keepInFile(file)(refused('{"vin":2}'))
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).to.deep.equal([
      { code: 'invalid-vin', detail: 'a "vin"', reading: { vin: 1 } },
      { code: 'invalid-vin', detail: 'a "vin"', reading: { vin: 2 } },
    ])
  })

  it('goes on in a new line where half a one was left', async () => {
    using folder = new TemporaryFolder()
    const file = join(folder.path, 'refused.ndjson')
    appendFileSync(file, '{"code":"inv')
    await keepInFile(file)(refused('{"vin":1}'))
    const [half, whole] = readFileSync(file, 'utf8').split('\n')
    expect(half).to.equal('{"code":"inv')
    expect(JSON.parse(whole ?? '')).to.have.property('code', 'invalid-vin')
  })
})
