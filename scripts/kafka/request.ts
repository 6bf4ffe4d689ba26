import { Command } from 'commander'
import { parseArguments } from '../cli/parse-arguments.ts'
import { userPath } from '../cli/user-paths.ts'
import type { PlatformChoice } from '../targets/target.ts'
import { withChoice } from '../platform/running-platform.ts'

/** The files to write; none: the login is printed. */
export type CredentialFiles = {
  /** For the tools of Kafka. */
  readonly properties?: string
  readonly kcat?: string
}

/** The parsed arguments of `npm run kafka`. */
export type KafkaRequest = { readonly files: CredentialFiles; readonly choice: PlatformChoice }

/** @throws CommanderError after the message about a wrong argument was written */
export function parseKafkaRequest(args: readonly string[]): KafkaRequest {
  let request: KafkaRequest | undefined
  const command = new Command('npm run kafka --').description(
    'What clients of the Kafka of the platform need.',
  )
  withChoice(command.command('credentials'))
    .description(
      'Prints the user name and password of Kafka, or writes them into files for clients.',
    )
    .option('--properties <file>', 'write client.properties, for the tools of Kafka')
    .option('--kcat <file>', 'write the configuration of kcat')
    .action(({ properties, kcat, ...choice }: CredentialFiles & PlatformChoice) => {
      request = {
        files: {
          ...(properties !== undefined && { properties: userPath(properties) }),
          ...(kcat !== undefined && { kcat: userPath(kcat) }),
        },
        choice,
      }
    })
  parseArguments(command, args)
  if (request === undefined) throw new Error('the command did not set a request')
  return request
}
