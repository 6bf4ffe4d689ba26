import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { writeErrorFile } from '../../../services/worker/declarations/error-file.ts'
import {
  DeclarationFolder,
  readDeclaration,
} from '../../../services/worker/declarations/read-folder.ts'
import { classifieds, writeDeclaration } from '../../support/declared.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'

describe('files of declarations', () => {
  let folder: TemporaryFolder
  beforeEach(() => {
    folder = new TemporaryFolder()
  })
  afterEach(() => {
    folder[Symbol.dispose]()
  })

  const faultsOf = (path: string): readonly string[] => {
    const { parsed } = readDeclaration(path)
    return parsed.ok ? [] : parsed.faults
  }

  it('are refused if they are pipes, folders, too large or not UTF-8', () => {
    const path = (name: string): string => join(folder.path, name)
    execFileSync('mkfifo', [path('pipe.toml')])
    mkdirSync(path('folder.toml'))
    writeFileSync(path('large.toml'), Buffer.alloc(1_048_577, '#'))
    writeFileSync(path('latin-1.toml'), Buffer.from('name = "caf\xe9"', 'latin1'))
    expect(faultsOf(path('pipe.toml'))).to.deep.equal([
      'The file cannot be read: it is not a regular file.',
    ])
    expect(faultsOf(path('folder.toml'))).to.deep.equal([
      'The file cannot be read: it is a folder.',
    ])
    expect(faultsOf(path('large.toml'))).to.deep.equal([
      'The file cannot be read: it has more than 1 MiB.',
    ])
    expect(faultsOf(path('latin-1.toml'))).to.deep.equal([
      'The file is not UTF-8; save it with this encoding.',
    ])
  })

  it('are read if other files of the folder are refused', async () => {
    writeDeclaration(folder.path, 'classifieds', classifieds('data'))
    execFileSync('mkfifo', [join(folder.path, 'pipelines', 'pipe.toml')])
    const files = await new DeclarationFolder(folder.path).read()
    expect(files.map(({ parsed }) => parsed.ok)).to.deep.equal([true, false])
  })

  it('get a file with their faults that replaces a link or a pipe', async () => {
    const target = join(folder.path, 'target')
    writeFileSync(target, 'kept')
    symlinkSync(target, join(folder.path, 'a.toml_error_log_.txt'))
    execFileSync('mkfifo', [join(folder.path, 'b.toml_error_log_.txt')])
    for (const name of ['a', 'b']) {
      const path = join(folder.path, `${name}.toml`)
      await writeErrorFile({ path }, ['line 1, column 1: wrong'])
      expect(readFileSync(`${path}_error_log_.txt`, 'utf8')).to.equal('line 1, column 1: wrong\n')
      await writeErrorFile({ path }, [])
      expect(existsSync(`${path}_error_log_.txt`)).to.equal(false)
    }
    expect(readFileSync(target, 'utf8')).to.equal('kept')
  })
})
