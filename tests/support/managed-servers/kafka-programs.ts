import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { foldersOf } from '../../../infra/local/folders.ts'
import { javaProgram, root } from '../../../scripts/platform/paths.ts'
import type { Program } from './server-process.ts'

/** The lines of Kafka that managed servers are tested with. Both run without ZooKeeper (KRaft). */
export type KafkaLine = '3' | '4'

/** For users without the jars. */
export const noKafka4 =
  "There are no jars of Kafka 4, so these tests are skipped. 'npm test' downloads them."

/** The folder with the jars of the newest version of a line; undefined if they have not been downloaded. */
export function jarsOf(line: KafkaLine): string | undefined {
  const { jars } = foldersOf(root, '')
  if (line === '3') return jars
  const cache = dirname(jars)
  const names = existsSync(cache) ? readdirSync(cache) : []
  const newest = names.filter((name) => /^kafka-4\.\d+\.\d+$/.test(name)).sort()
  const name = newest.at(-1)
  return name === undefined ? undefined : join(cache, name)
}

/** A program of Kafka. */
export function kafkaProgram(
  jars: string,
  mainClass: string,
  args: readonly string[],
): Required<Program> {
  const log4j = join(root, 'infra', 'local', 'kafka', 'log4j.properties')
  const given = process.env['AV_TELEMETRY_JAVA_OPTIONS']?.split(' ').filter(Boolean) ?? []
  const options = ['-Xmx384m', '-XX:+UseSerialGC', ...given, `-Dlog4j.configuration=file:${log4j}`]
  return {
    file: javaProgram(),
    args: [...options, '-cp', join(jars, '*'), mainClass, ...args],
    options: { env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' } },
  }
}
