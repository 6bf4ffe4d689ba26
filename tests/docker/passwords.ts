import { runProgram } from './base-images/run-program.ts'
import type { TestPlatform } from './test-platform.ts'

/** A service that has the file of each password. */
const holders = [
  ['postgres-0', 'owner'],
  ['consumer-0', 'writer'],
  ['worker-0', 'worker'],
  ['dashboard-0', 'operator'],
  ['producer-0', 'reader'],
] as const

/** The passwords of owner, writer, worker, operator and reader, read from the files in the containers. */
export async function passwordsOf(platform: TestPlatform): Promise<string[]> {
  const passwords = holders.map(([service, secret]) => {
    const file = `/run/secrets/${secret}/secret`
    return runProgram('docker', ['exec', platform.containerName(service), 'cat', file])
  })
  return Promise.all(passwords)
}
