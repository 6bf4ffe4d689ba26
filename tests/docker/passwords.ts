import { runProgram } from './base-images/run-program.ts'
import type { TestPlatform } from './test-platform.ts'

/** A service that has the file of each password. */
const holders = [
  ['postgres-0', 'owner'],
  ['consumer-0', 'writer'],
  ['worker-0', 'worker'],
  ['dashboard-0', 'operator'],
  ['producer-0', 'reader'],
  ['kafka-0', 'kafka'],
  ['zookeeper-0', 'zookeeper'],
] as const

/** The passwords of the database's roles, of Kafka and of ZooKeeper, read from the files in the containers. */
export async function passwordsOf(platform: TestPlatform): Promise<string[]> {
  const passwords = holders.map(([service, secret]) => {
    const file = `/run/secrets/${secret}/secret`
    return runProgram('docker', ['exec', platform.containerName(service), 'cat', file])
  })
  return Promise.all(passwords)
}
