import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { testFiles } from '../../../../scripts/commands/test.ts'
import { groupsAtOnce } from '../../../../scripts/test/run-groups.ts'
import { waitForFile } from '../../../../scripts/test/wait-for-file.ts'
import { TemporaryFolder } from '../../../support/temporary-folder.ts'
import { filesByGroup, groups, isInGroup, mainPath } from '../../../../scripts/test/groups.ts'

describe('groupsAtOnce', () => {
  it('accepts a whole number of 1 or more and rejects everything else', () => {
    expect(groupsAtOnce('2')).to.equal(2)
    for (const text of ['', '0', '-1', '1.5', 'two']) {
      expect(() => groupsAtOnce(text), text).to.throw('give a whole number of 1 or more')
    }
  })
})

describe('waitForFile', () => {
  it('waits until the file exists, or until it is not needed', async () => {
    using folder = new TemporaryFolder()
    const file = join(folder.path, 'go')
    const { signal } = new AbortController()
    let isThere = false
    const waiting = waitForFile(file, () => true, signal).then(() => (isThere = true))
    expect(isThere).to.equal(false)
    writeFileSync(file, '')
    await waiting
    await waitForFile(join(folder.path, 'other'), () => false, signal)
  })
})

describe('groups of test files', () => {
  const files = testFiles()

  it('contain each test file that needs no Docker exactly once', () => {
    expect(filesByGroup(files).flat().sort()).to.deep.equal(files)
    expect(files).to.include('tests/unit/scripts/test/groups.test.ts')
    expect(files.filter((file) => file.startsWith('tests/docker/'))).to.deep.equal([])
  })

  it('name only existing folders and files', () => {
    for (const place of groups.flat()) {
      expect(
        files.some((file) => isInGroup(file, [place])),
        place,
      ).to.equal(true)
    }
  })

  it('keep the fault tests out of the groups of the main path', () => {
    const fast = filesByGroup(
      files.filter((file) => isInGroup(file, mainPath.flat())),
      mainPath,
    ).flat()
    expect(fast.every((file) => isInGroup(file, mainPath.flat()))).to.equal(true)
    expect(fast.some((file) => file.startsWith('tests/integration/faults/'))).to.equal(false)
    expect(fast).to.include('tests/integration/main/path-of-a-reading.test.ts')
  })

  it('assign a file to the group with the longest matching path and reject a file without a group', () => {
    const some = ['a/x.test.ts', 'a/y.test.ts', 'ab/z.test.ts']
    expect(filesByGroup(some, [[''], ['a'], ['a/x.test.ts']])).to.deep.equal([
      ['ab/z.test.ts'],
      ['a/y.test.ts'],
      ['a/x.test.ts'],
    ])
    expect(() => filesByGroup(some, [['a']])).to.throw('no test group contains ab/z.test.ts')
  })
})
