import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Container, ContainerInspectInfo } from 'dockerode'
import { until } from '../../support/until.ts'
import { withFolder } from './with-folder.ts'
import type { ContainerInputs } from './container-options.ts'
import { toCreateOptions } from './container-options.ts'
import { engine, unlessGone } from './engine-client.ts'
import { kindOf } from './resource-kind.ts'

export const container = kindOf<ContainerInputs>({
  known: [
    ...(['name', 'hostname', 'image', 'entrypoints', 'command', 'envs', 'user'] as const),
    ...(['networksAdvanced', 'ports', 'volumes', 'tmpfs', 'uploads', 'labels'] as const),
    ...([
      'capabilities',
      'securityOpts',
      'ulimits',
      'memory',
      'memorySwap',
      'readOnly',
      'init',
    ] as const),
    ...(['healthcheck', 'wait', 'waitTimeout', 'attach', 'logs', 'mustRun', 'restart'] as const),
    ...(['stopTimeout', 'destroyGraceSeconds', 'logDriver', 'logOpts'] as const),
  ],
  create: async (inputs) => {
    const made = await engine.createContainer(toCreateOptions(inputs))
    await upload(made, inputs)
    await made.start()
    if (inputs.attach === true) return { id: made.id, ...(await waitForExit(made)) }
    if (inputs.wait === true) await untilHealthy(made, inputs)
    return { id: made.id }
  },
  remove: async ({ name = '', destroyGraceSeconds = 0 }) => {
    const made = engine.getContainer(name)
    // The engine returns 304 for a container that has already stopped.
    if (destroyGraceSeconds > 0) await made.stop({ t: destroyGraceSeconds }).catch(() => undefined)
    await unlessGone(made.remove({ force: true, v: true }))
  },
})

async function upload(target: Container, { uploads = [] }: ContainerInputs): Promise<void> {
  if (uploads.length === 0) return
  await withFolder(async (folder) => {
    const paths = uploads.map(({ file, content = '' }) => {
      const path = join(folder, file)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, content)
      return file.replace(/^\//, '')
    })
    const archive = spawn('tar', ['-C', folder, '--owner=0', '--group=0', '-c', ...paths])
    await target.putArchive(archive.stdout, { path: '/' })
  })
}

/** Waits until a one-shot container has ended. Returns its exit code and its log. */
async function waitForExit(
  oneShot: Container,
): Promise<{ exitCode: number; containerLogs: string }> {
  const { StatusCode: exitCode } = (await oneShot.wait()) as { StatusCode: number }
  const log = await oneShot.logs({ stdout: true, stderr: true, follow: false })
  return { exitCode, containerLogs: withoutFrames(log) }
}

/** The engine sends output in frames: a header of eight bytes, then text. Bytes 4 to 7 are its length. */
function withoutFrames(log: Buffer): string {
  const texts: Buffer[] = []
  for (let at = 0; at + 8 <= log.length;) {
    const end = at + 8 + log.readUInt32BE(at + 4)
    texts.push(log.subarray(at + 8, end))
    at = end
  }
  return Buffer.concat(texts).toString()
}

async function untilHealthy(
  made: Container,
  { name = '', waitTimeout = 60, mustRun = true }: ContainerInputs,
): Promise<void> {
  const settledState = async (): Promise<ContainerInspectInfo['State'] | undefined> => {
    const { State: state } = await made.inspect()
    const hasEnded = mustRun && !state.Running && !state.Restarting
    const isSettled = ['healthy', 'unhealthy'].includes(state.Health?.Status ?? '')
    return hasEnded || isSettled ? state : undefined
  }
  const state = await until(`${name} is healthy`, settledState, waitTimeout)
  if (state.Health?.Status === 'healthy' && state.Running) return
  const log = withoutFrames(await made.logs({ stdout: true, stderr: true, follow: false }))
  throw new Error(`${name} does not become healthy:\n${log.slice(-2000)}`)
}
