import type { PlatformConfig } from '../config/config-schema.ts'
import { InputError } from './user-error.ts'

const loopback = /^(?:localhost|127\.[0-9.]+|::1|\[::1\])$/i

/**
 * Checks that containers can reach the existing servers of the user: a container reaches itself at an address of
 * loopback.
 *
 * @throws InputError with one sentence for each address that cannot be right
 */
export function checkNotOnLoopback({ postgres, kafka }: PlatformConfig): void {
  const hosts = [
    ['postgres.external.host', postgres.external.host] as const,
    ...kafka.external.brokers.map(
      (broker) => ['kafka.external.brokers', broker.replace(/:[0-9]+$/, '')] as const,
    ),
  ]
  const faults = hosts.flatMap(([key, host]) =>
    loopback.test(host)
      ? [
          `${key}: in a container, ${host} is the container itself. Use an address of the machine that other machines reach.`,
        ]
      : [],
  )
  if (faults.length > 0) throw new InputError(faults.join('\n'))
}
