import { z } from 'zod'
import { instances, maxConsumers, port } from './schema-kinds.ts'

/** The section `worker` of the configuration. */
export const worker = z.strictObject({
  instances: instances(
    maxConsumers,
    'Number of workers. They run the declared pipelines and share their partitions.',
  ),
  opsHostPort: port(
    5601,
    "Port of the first worker's health and metrics on loopback. Further workers use the following ports.",
  ),
  hostAddress: z
    .union(
      [z.literal(''), z.ipv4(), z.ipv6()],
      'expected an IPv4 or IPv6 address of this machine, or an empty text',
    )
    .refine(
      (address) => !['0.0.0.0', '::', '127.0.0.1', '::1'].includes(address),
      'expected one address at which other machines reach this one, or an empty text',
    )
    .default('')
    .describe(
      'Address of this machine on which Kafka and Postgres also listen, for workers on other machines. They log in with passwords; the connections are not encrypted. Empty: only loopback.',
    ),
  kafkaHostPort: port(
    9192,
    'Port of the first broker on worker.hostAddress. Further brokers use the following ports.',
  ),
  folder: z
    .string()
    .default('')
    .describe(
      'Folder with your pipelines, relative to the clone: each is a file `pipelines/NAME.toml` in it; handlers are files in its folder `handlers`. Empty: only the shipped ones.',
    ),
  handlerProcesses: z
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe(
      'Tasks that a worker runs at the same time. Each runs in a process of at least 70 MB, which starts when it is needed.',
    ),
  handlerMegabytes: z
    .int()
    .min(64)
    .max(16_384)
    .default(128)
    .describe('Memory for the data of a handler process, in MB. A task that needs more fails.'),
  allowedUrls: z
    .string()
    .regex(/^(?:https?:\/\/\S+(?: +|$))*$/, 'must be http(s) URLs, separated by spaces')
    .default('')
    .describe(
      'URLs, separated by spaces: the handler `ingest_csv` reads only what is below one of them. Empty: it reads nothing.',
    ),
  allowShell: z
    .boolean()
    .default(false)
    .describe(
      'true: pipelines may run commands for files (the step `shell`), with the rights of the worker. Every user who can write a declaration to worker.folder or to the bucket can then run any command.',
    ),
})
