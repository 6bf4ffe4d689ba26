import { labels } from '../../infra/docker/names.ts'
import type { PrintLine } from './base-images/run-program.ts'
import { runProgram } from './base-images/run-program.ts'

/** Prefix of the names of test platforms. It identifies platforms that an interrupted run has left. */
export const namePrefix = 'avt-test-'

/** Removes the containers, volumes, networks and images of a platform from the engine. */
export async function removeFromEngine(platform: string): Promise<void> {
  const filter = `--filter label=${labels.platform}=${platform}`
  const lines = [
    `docker ps --all --quiet ${filter} | xargs --no-run-if-empty docker rm --force --volumes`,
    `docker volume ls --quiet ${filter} | xargs --no-run-if-empty docker volume rm`,
    `docker network ls --quiet ${filter} | xargs --no-run-if-empty docker network rm`,
    // Removed by name, because platforms with the same files share images, and others may be running.
    `docker images --format '{{.Repository}}:{{.Tag}}' '${platform}/*' | xargs --no-run-if-empty docker rmi`,
    // Images whose names newer images have taken over.
    `docker images --quiet --filter dangling=true --filter label=${labels.image}=${platform} | xargs --no-run-if-empty docker rmi`,
  ]
  for (const line of lines) await runProgram('sh', ['-c', line])
}

/** Removes the platforms of interrupted runs, because a started engine would restart them. */
export async function removeLeftPlatforms(printLine: PrintLine): Promise<void> {
  const label = `{{.Label "${labels.platform}"}}`
  const lists = await Promise.all([
    runProgram('docker', ['ps', '--all', '--format', label]),
    runProgram('docker', ['volume', 'ls', '--format', label]),
    runProgram('docker', ['network', 'ls', '--format', label]),
    runProgram('docker', ['images', '--format', '{{.Repository}}', `${namePrefix}*/*`]),
  ])
  const names = lists.flatMap((list) => list.split('\n')).map((line) => line.replace(/\/.*/, ''))
  for (const name of new Set(names.filter((each) => each.startsWith(namePrefix)))) {
    printLine(`Removing ${name}, which an interrupted test run has left ...`)
    await removeFromEngine(name)
  }
}
