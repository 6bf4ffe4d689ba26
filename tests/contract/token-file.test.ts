import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { toConfig } from '../../infra/config/config.ts'
import { checkUserFiles } from '../../infra/checks/user-files.ts'
import { InputError } from '../../infra/checks/user-error.ts'
import { readTokenFile } from '../../infra/checks/token-file.ts'
import { run as runFleet } from '../../scripts/commands/fleet.ts'
import { run as runStart } from '../../scripts/commands/start.ts'
import { EnvironmentReader } from '../../services/runtime/env.ts'

describe('a token file', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'av-telemetry-token-file-'))
    file = join(folder, 'token')
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  const expected =
    'expected a file with the bearer token: one line of 1 to 2000 visible ASCII characters without spaces.'

  it('with one line of visible ASCII is accepted, with and without a line break', () => {
    const visible = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index))
    for (const token of ['s', visible.join(''), 'x'.repeat(2_000)]) {
      for (const end of ['', '\n', '\r\n']) {
        writeFileSync(file, `${token}${end}`)
        expect(readTokenFile(file)).to.equal(token)
      }
    }
  })

  const unusable: Readonly<Record<string, readonly [content: string | Buffer, fault: string]>> = {
    'that is empty': ['', 'is empty'],
    'with only a line break': ['\n', 'is empty'],
    'with only white space': [' \t\n'.repeat(500), 'is empty'],
    'with an empty line after the token': ['secret\n\n', 'has more than one line'],
    'with an empty line before the token': ['\nsecret\n', 'has more than one line'],
    'with two tokens': ['first\nsecond\n', 'has more than one line'],
    'with a space in the token': ['open sesame\n', 'contains a space'],
    'with a space after the token': ['secret \n', 'contains a space'],
    'with a tabulator': ['secret\tsecret\n', 'contains a control character'],
    'with a NUL': ['secret\0', 'contains a control character'],
    'with an escape sequence': ['\u001b[31msecret\n', 'contains a control character'],
    'with an accent': ['s\u00e9same\n', 'contains a character that is not ASCII'],
    'with a byte order mark': ['\ufeffsecret\n', 'contains a character that is not ASCII'],
    'that is not text': [Buffer.from([0xff, 0xfe]), 'contains a character that is not ASCII'],
    'with 2001 characters': ['x'.repeat(2_001), 'has more than 2000 characters'],
    'with 16 MiB': [Buffer.alloc(2 ** 24, 'x'), 'has more than 2000 characters'],
  }
  for (const [title, [content, fault]] of Object.entries(unusable)) {
    it(`${title} is refused with one sentence by services and commands`, () => {
      writeFileSync(file, content)
      expect(() => readTokenFile(file)).to.throw(InputError, `${file} ${fault}; ${expected}`)
      const env = new EnvironmentReader({ TOKEN_FILE: file })
      expect(() => env.finish(env.optionalToken('TOKEN_FILE'))).to.throw(
        `TOKEN_FILE is ${file}, which ${fault}; ${expected}`,
      )
    })
  }

  it('of ingress and dashboard is checked with the configuration, relative to the clone', () => {
    const tokenFile = 'token'
    const config = toConfig({ ingress: { tokenFile }, dashboard: { tokenFile } })
    writeFileSync(file, 'secret\n')
    checkUserFiles(config, folder)
    writeFileSync(file, 'open sesame\n')
    const sentences = ['ingress', 'dashboard'].map(
      (key) => `${key}.tokenFile: ${file} contains a space; ${expected}`,
    )
    expect(() => {
      checkUserFiles(config, folder)
    }).to.throw(InputError, sentences.join('\n'))
    rmSync(file)
    expect(() => {
      checkUserFiles(config, folder)
    }).to.throw(
      `ingress.tokenFile: ${file} cannot be read (ENOENT: no such file or directory, open '${file}'); ${expected}`,
    )
  })

  it('that cannot be used ends commands with exit code 2', async () => {
    writeFileSync(file, 's\u00e9same\n')
    const { signal } = new AbortController()
    const set = (key: string) => ['--set', `${key}=${file}`]
    expect(await runFleet(['--token-file', file], signal)).to.equal(2)
    expect(await runStart(set('ingress.tokenFile'), signal)).to.equal(2)
    expect(await runStart(set('dashboard.tokenFile'), signal)).to.equal(2)
  })
})
