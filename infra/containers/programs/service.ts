import { memoryEnv } from '../../topology/node-memory.ts'
import { roles } from '../../topology/role-registry.ts'
import { tokensOf } from '../placement.ts'
import type { ContainerProgram, ProgramContext } from './program.ts'
import { ourUser } from './program.ts'

/** One of our services: the program of its image. */
export function serviceProgram({ plan, config }: ProgramContext): ContainerProgram {
  return {
    user: ourUser,
    env: { ...memoryEnv(plan), ...plan.env },
    secrets: [...(roles[plan.role].secrets ?? []), ...tokensOf(plan.role, config)],
  }
}
