import { randomBytes } from 'node:crypto'
import type { local } from '@pulumi/command'
import type * as docker from '@pulumi/docker'
import type { Unwrap } from '@pulumi/pulumi'
import type * as random from '@pulumi/random'
import { runProgram } from '../base-images/run-program.ts'
import { engine, fromLabels, unlessGone } from './engine-client.ts'
import { kindOf } from './resource-kind.ts'

type NetworkInputs = Unwrap<docker.NetworkArgs>
type VolumeInputs = Unwrap<docker.VolumeArgs>
type PasswordInputs = Unwrap<random.RandomPasswordArgs>
type CommandInputs = Unwrap<local.CommandArgs>

export const network = kindOf<NetworkInputs>({
  known: ['name', 'driver', 'labels'],
  create: async ({ name = '', driver = 'bridge', labels }) => {
    const options = { Name: name, Driver: driver, Labels: fromLabels(labels), CheckDuplicate: true }
    return { id: (await engine.createNetwork(options)).id }
  },
  remove: ({ name = '' }) => unlessGone(engine.getNetwork(name).remove()),
})

/** The engine reuses an existing volume with the same name. */
export const volume = kindOf<VolumeInputs>({
  known: ['name', 'driver', 'labels'],
  create: async ({ name = '', driver = 'local', labels }) => {
    await engine.createVolume({ Name: name, Driver: driver, Labels: fromLabels(labels) })
    return { id: name }
  },
  remove: ({ name = '' }) => unlessGone(engine.getVolume(name).remove()),
})

/** A random password. It exists only in the state file. */
export const password = kindOf<PasswordInputs>({
  known: ['length', 'special'],
  create: ({ length }) => {
    const result = randomBytes(length).toString('hex').slice(0, length)
    return Promise.resolve({ id: 'none', result })
  },
  remove: () => Promise.resolve(),
})

/** A changed command is removed and created again, so the harness does not run its `update`. */
export const command = kindOf<CommandInputs>({
  known: ['create', 'update', 'delete', 'triggers'],
  create: async ({ create }) => {
    const stdout = create === undefined ? '' : await runProgram('sh', ['-c', create])
    return { id: 'command', stdout }
  },
  remove: async ({ delete: removal }) => {
    if (removal !== undefined) await runProgram('sh', ['-c', removal])
  },
})
