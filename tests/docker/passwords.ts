import { runProgram } from './base-images/run-program.ts'
import type { TestPlatform } from './test-platform.ts'

/** Which service has which password in a file, and no other. */
const holders = [
  ['postgres-0', 'owner'],
  ['consumer-0', 'writer'],
  ['producer-0', 'reader'],
] as const

/** The passwords of owner, writer and reader, as the services read them. */
export async function passwordsOf(platform: TestPlatform): Promise<string[]> {
  const passwords = holders.map(([service, secret]) => {
    const file = `/run/secrets/${secret}/secret`
    return runProgram('docker', ['exec', platform.containerName(service), 'cat', file])
  })
  return Promise.all(passwords)
}
