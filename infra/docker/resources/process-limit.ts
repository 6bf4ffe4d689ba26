import { local } from '@pulumi/command'
import type * as docker from '@pulumi/docker'
import type * as pulumi from '@pulumi/pulumi'

/** Limit of processes and threads of a container. Postgres has up to a thousand, one for each connection. */
const processes = 2_048

/**
 * Limits the processes of a container that runs. The provider has no such setting: its `ulimits` count the
 * processes of a user over all containers.
 *
 * @param name of the container in Pulumi
 */
export function limitProcesses(
  name: string,
  container: docker.Container,
  parent: pulumi.Resource,
): void {
  new local.Command(
    `${name}-processes`,
    {
      create: container.name.apply(
        (engineName) => `docker update --pids-limit ${processes} ${engineName}`,
      ),
      // A new container has no limit yet.
      triggers: [container.id],
    },
    { parent },
  )
}
