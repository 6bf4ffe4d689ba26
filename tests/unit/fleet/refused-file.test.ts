import { appendFileSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { refusedFileWriter } from '../../../fleet/uplink/refused-file.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'

describe('refusedFileWriter', () => {
  const refused = (text: string) => [{ code: 'invalid-vin', detail: 'a "vin"', text }]

  it('writes one line of JSON per reading, with its code', async () => {
    using folder = new TemporaryFolder()
    const file = join(folder.path, 'refused.ndjson')
    await refusedFileWriter(file)(refused('{"vin":1}'))
    await refusedFileWriter(file)(refused('{"vin":2}'))
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).to.deep.equal([
      { code: 'invalid-vin', detail: 'a "vin"', reading: { vin: 1 } },
      { code: 'invalid-vin', detail: 'a "vin"', reading: { vin: 2 } },
    ])
  })

  it('creates a file that only its user can read, and follows no symbolic link', async () => {
    using folder = new TemporaryFolder()
    const [file, link] = [join(folder.path, 'refused.ndjson'), join(folder.path, 'link')]
    await refusedFileWriter(file)(refused('{"vin":1}'))
    expect(statSync(file).mode & 0o777).to.equal(0o600)
    symlinkSync(file, link)
    const before = readFileSync(file, 'utf8')
    const fault = await refusedFileWriter(link)(refused('{"vin":2}')).catch(String)
    expect(fault).to.match(/ELOOP/)
    expect(readFileSync(file, 'utf8')).to.equal(before)
  })

  it('starts a new line if the file ends with an incomplete line', async () => {
    using folder = new TemporaryFolder()
    const file = join(folder.path, 'refused.ndjson')
    appendFileSync(file, '{"code":"inv')
    await refusedFileWriter(file)(refused('{"vin":1}'))
    const [half, whole] = readFileSync(file, 'utf8').split('\n')
    expect(half).to.equal('{"code":"inv')
    expect(JSON.parse(whole ?? '')).to.have.property('code', 'invalid-vin')
  })
})
