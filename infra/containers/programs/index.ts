import type { Role } from '../../topology/role-registry.ts'
import { ingressProgram } from './ingress.ts'
import { kafkaProgram } from './kafka.ts'
import { objectsProgram } from './objects.ts'
import { postgresProgram } from './postgres.ts'
import type { ContainerProgram, ProgramContext } from './program.ts'
import { serviceProgram } from './service.ts'
import { zookeeperProgram } from './zookeeper.ts'

/** The servers of other projects. All other roles are our services. */
const servers: Readonly<Partial<Record<Role, (context: ProgramContext) => ContainerProgram>>> = {
  postgres: postgresProgram,
  zookeeper: zookeeperProgram,
  kafka: kafkaProgram,
  objects: objectsProgram,
  ingress: ingressProgram,
}

/** What runs in the container of an instance. */
export function programOf(context: ProgramContext): ContainerProgram {
  return (servers[context.plan.role] ?? serviceProgram)(context)
}
