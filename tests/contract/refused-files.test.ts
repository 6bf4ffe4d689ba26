import { spawnSync } from 'node:child_process'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { runToRefusal } from '../support/refused-command.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

describe('a file that a user names and that cannot be read to its end', function () {
  this.timeout(60_000)
  let temporary: TemporaryFolder
  let pipe: string
  let large: string
  before(() => {
    temporary = new TemporaryFolder()
    pipe = join(temporary.path, 'pipe')
    spawnSync('mkfifo', [pipe])
    large = join(temporary.path, 'large')
    writeFileSync(large, '{')
    truncateSync(large, 20 * 1024 ** 3)
  })
  after(() => temporary[Symbol.dispose]())

  const notRegular = 'it is not a regular file'
  const cases: [what: string, file: () => string, reason: string][] = [
    ['/dev/zero', () => '/dev/zero', notRegular],
    ['a pipe', () => pipe, notRegular],
    ['a folder', () => temporary.path, 'it is a folder'],
    ['a file of 20 GiB', () => large, 'it has more than'],
  ]

  for (const [what, file, reason] of cases) {
    it(`is refused as configuration: ${what}`, () => {
      const { code, lines } = runToRefusal(`npm start --silent -- --config ${file()}`)
      expect(lines).to.have.length(2)
      expect(lines[1]).to.include(`${file()}: cannot be read (${reason}`)
      expect(code).to.equal(2)
    })

    it(`is refused as recorded drive: ${what}`, () => {
      const { code, lines } = runToRefusal(`npm run --silent fleet -- --trace ${file()}`)
      expect(lines).to.have.length(1)
      expect(lines[0]).to.include(`${file()}: it cannot be read (${reason}`)
      expect(code).to.equal(2)
    })
  }

  it('is refused as token file of the fleet', () => {
    const { code, lines } = runToRefusal(`npm run --silent fleet -- --token-file ${pipe}`)
    expect(lines).to.have.length(1)
    expect(lines[0]).to.include(`${pipe} cannot be read (${notRegular}); expected`)
    expect(code).to.equal(2)
  })

  it('is refused as token file and map file of the configuration', () => {
    const settings = [
      `ingress.tokenFile=${pipe}`,
      'dashboard.tokenFile=/dev/zero',
      `dashboard.pmtilesFile=${pipe}`,
    ]
    const { code, lines } = runToRefusal(`npm start --silent -- --set ${settings.join(' --set ')}`)
    expect(lines.map((line) => line.replace(/;.*/, ''))).to.have.members([
      `ingress.tokenFile: ${pipe} cannot be read (${notRegular})`,
      `dashboard.tokenFile: /dev/zero cannot be read (${notRegular})`,
      `dashboard.pmtilesFile: ${pipe} cannot be read (${notRegular})`,
    ])
    expect(code).to.equal(2)
  })
})

describe('a GPX file with a document type declaration', function () {
  this.timeout(60_000)

  it('is refused, and its entities are not read', () => {
    using temporary = new TemporaryFolder()
    const [secret, drive] = ['secret', 'drive.gpx'].map((name) => join(temporary.path, name))
    writeFileSync(secret!, 'the content of another file')
    const point = '<trkpt lat="1" lon="2"><time>&other;</time></trkpt>'
    const declaration = `<!DOCTYPE gpx [<!ENTITY other SYSTEM "file://${secret!}">]>`
    const track = `<gpx version="1.1"><trk><trkseg>${point}</trkseg></trk></gpx>`
    writeFileSync(drive!, `<?xml version="1.0"?>\n${declaration}\n${track}`)
    const { code, lines } = runToRefusal(`npm run --silent fleet -- --trace ${drive!}`)
    expect(lines).to.deep.equal([
      `${drive!}, line 2: the file has a document type declaration (DOCTYPE); it should be XML without DOCTYPE and entities.`,
    ])
    expect(code).to.equal(2)
  })
})
