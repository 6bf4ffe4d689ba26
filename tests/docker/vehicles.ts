import { join } from 'node:path'
import { tmpdir } from 'node:os'
import type { ContainerInspectInfo } from 'dockerode'
import { RunningCommand } from '../support/started-platform.ts'
import { runProgram } from './base-images/run-program.ts'
import type { TestPlatform } from './test-platform.ts'

/** An empty state folder, so that commands find only platforms in Docker. */
export const noHome = join(tmpdir(), 'av-telemetry-test-no-platform')

/** Runs an npm command for this platform, and waits until it ends. */
export async function runCommand(
  platform: TestPlatform,
  ...[name = '', ...args]: readonly string[]
): Promise<{ exitCode: number | null; output: string }> {
  const command = new RunningCommand([name, '--', '--network', platform.name, ...args], noHome)
  const exitCode = await command.waitForExit()
  return { exitCode, output: command.output }
}

/** Inspects the vehicle containers of a fleet, sorted by name. */
export async function inspectVehicles(
  platform: TestPlatform,
  seed: number,
): Promise<ContainerInspectInfo[]> {
  const prefix = `name=^${platform.containerName(`vehicle-${seed}-`)}`
  const list = ['ps', '--all', '--filter', prefix, '--format', '{{.Names}}']
  const names = (await runProgram('docker', list)).split('\n').filter((name) => name !== '')
  return names.length === 0
    ? []
    : (JSON.parse(
        await runProgram('docker', ['inspect', ...names.sort()]),
      ) as ContainerInspectInfo[])
}

/** Resident memory of the processes of a container, in megabytes. */
export async function residentMegabytes({ Name }: ContainerInspectInfo): Promise<number> {
  const table = await runProgram('docker', ['top', Name.slice(1), '-o', 'pid,rss'])
  const [, ...rows] = table.split('\n')
  const kibibytes = rows.map((row) => Number(row.trim().split(/\s+/)[1]))
  return (kibibytes.reduce((sum, value) => sum + value, 0) * 1024) / 1e6
}

/** The vins with a missing sequence number between 0 and the last, which means a lost reading. */
export function vinsWithGaps(platform: TestPlatform): Promise<string[]> {
  return platform.sql(
    `select vin from ${platform.config.postgres.table} group by vin
     having min(sequence) <> 0 or max(sequence) + 1 <> count(*)`,
  )
}
