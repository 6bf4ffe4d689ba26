import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { toJavaProperties } from '../../scripts/kafka/client-files.ts'
import { TemporaryFolder } from './temporary-folder.ts'
import type { Tenant } from './tenant.ts'

export type JavaCodec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/**
 * Sends values to the topic of the tenant with Kafka's Java client, compressed by its codec. The
 * values must not contain a line break.
 */
export async function produceWithJava(
  { deployment, kafka }: Tenant,
  codec: JavaCodec,
  values: readonly string[],
): Promise<void> {
  const { topic, brokers, login } = kafka
  if (login === undefined || 'passwordFile' in login)
    throw new Error('the Kafka of the tests needs a login, and this platform has none')
  using folder = new TemporaryFolder()
  const properties = join(folder.path, 'client.properties')
  writeFileSync(properties, toJavaProperties({ brokers, login }), { mode: 0o600 })
  const child = spawn(
    'java',
    [
      ...['-Xmx128m', '-XX:+UseSerialGC', '-cp', join(deployment.folders.jars, '*')],
      'kafka.tools.ConsoleProducer',
      ...['--bootstrap-server', brokers.join(','), '--topic', topic],
      ...['--producer.config', properties],
      ...['--compression-codec', codec, '--producer-property', 'linger.ms=200'],
    ],
    { stdio: ['pipe', 'ignore', 'pipe'] },
  )
  const errors: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  child.stdin.end(values.map((value) => `${value}\n`).join(''))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`the Java producer failed: ${Buffer.concat(errors).toString()}`)
}
