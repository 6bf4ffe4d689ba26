import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { root } from '../../scripts/platform/paths.ts'

const needs = pathToFileURL(join(root, 'scripts', 'setup', 'needs.mjs')).href
/** What the set-up does for a command that runs Kafka. */
const setUpJava = `const { java } = await import('${needs}')
try {
  if (!java.isPresent()) await java.install()
  console.log('Java is present')
} catch (error) {
  console.log(error.message)
}`

/** A folder with a program `bin/java` that prints a version as Java does, to its error output. */
class FakeJava implements Disposable {
  readonly home = mkdtempSync(join(tmpdir(), 'av-telemetry-java-'))

  constructor(versionLine: string) {
    mkdirSync(join(this.home, 'bin'))
    writeFileSync(join(this.home, 'bin', 'java'), `#!/bin/sh\necho '${versionLine}' >&2\n`, {
      mode: 0o755,
    })
  }

  /** Output of the set-up with this Java as JAVA_HOME. */
  setUpAsJavaHome(): string {
    return setUpWith({ ...process.env, JAVA_HOME: this.home })
  }

  /** Output of the set-up with this Java in PATH, where there is no apt-get. */
  setUpInPath(): string {
    return setUpWith({ PATH: `${join(this.home, 'bin')}:/nowhere` })
  }

  [Symbol.dispose](): void {
    rmSync(this.home, { recursive: true })
  }
}

function setUpWith(env: NodeJS.ProcessEnv): string {
  const args = ['--input-type=module', '--eval', setUpJava]
  const { stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' })
  return stdout + stderr
}

describe('Java set-up', () => {
  for (const line of [
    'openjdk version "17.0.15" 2025-04-15',
    'openjdk version "21" 2023-09-19',
    'java version "17-ea" 2021-09-14',
  ]) {
    it(`accepts ${line}`, () => {
      using java = new FakeJava(line)
      expect(java.setUpAsJavaHome()).to.equal('Java is present\n')
      expect(java.setUpInPath()).to.equal('Java is present\n')
    })
  }

  for (const [line, version] of [
    ['openjdk version "11.0.22" 2024-01-16', 11],
    ['java version "1.8.0_392"', 8],
    ['openjdk version "16" 2021-03-16', 16],
  ] as const) {
    it(`refuses ${line} and names the version that it found`, () => {
      using java = new FakeJava(line)
      expect(java.setUpAsJavaHome()).to.equal(
        `Kafka needs Java 17 or later. JAVA_HOME is ${java.home}, but Java ${version} is there. Correct it or unset it.\n`,
      )
      expect(java.setUpInPath()).to.match(
        new RegExp(`^Kafka needs Java 17 or later\\. This is Java ${version}\\. Install it`),
      )
    })
  }

  it('reports a JAVA_HOME from which no Java runs', () => {
    expect(setUpWith({ ...process.env, JAVA_HOME: '/nowhere' })).to.equal(
      'Kafka needs Java 17 or later. JAVA_HOME is /nowhere, but no Java runs from there. Correct it or unset it.\n',
    )
  })
})
