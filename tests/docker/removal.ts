import { labels } from '../../infra/docker/names.ts'
import type { Say } from './base-images/run-program.ts'
import { runProgram } from './base-images/run-program.ts'

/** What the name of each platform of the tests begins with, so that those that are left can be told. */
export const namePrefix = 'avt-test-'

/** Removes a platform from the engine, except what other platforms use. */
export async function removeFromEngine(platform: string): Promise<void> {
  const filter = `--filter label=${labels.platform}=${platform}`
  const lines = [
    `docker ps --all --quiet ${filter} | xargs --no-run-if-empty docker rm --force --volumes`,
    `docker volume ls --quiet ${filter} | xargs --no-run-if-empty docker volume rm`,
    `docker network ls --quiet ${filter} | xargs --no-run-if-empty docker network rm`,
    // By name: platforms that are built of the same files share their images, and others may run.
    `docker images --format '{{.Repository}}:{{.Tag}}' '${platform}/*' | xargs --no-run-if-empty docker rmi`,
  ]
  for (const line of lines) await runProgram('sh', ['-c', line])
}

/** Removes the platforms of runs that were cut short: an engine would run them along with ours. */
export async function removeLeftPlatforms(say: Say): Promise<void> {
  const label = `{{.Label "${labels.platform}"}}`
  const lists = await Promise.all([
    runProgram('docker', ['ps', '--all', '--format', label]),
    runProgram('docker', ['volume', 'ls', '--format', label]),
    runProgram('docker', ['network', 'ls', '--format', label]),
    runProgram('docker', ['images', '--format', '{{.Repository}}', `${namePrefix}*/*`]),
  ])
  const names = lists.flatMap((list) => list.split('\n')).map((line) => line.replace(/\/.*/, ''))
  for (const name of new Set(names.filter((each) => each.startsWith(namePrefix)))) {
    say(`Removing ${name}, which a run of the tests that was cut short has left ...`)
    await removeFromEngine(name)
  }
}
