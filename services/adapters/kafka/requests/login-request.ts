import { pbkdf2Sync, randomBytes } from 'node:crypto'
import type { ProtocolRequest } from './protocol-requests.ts'
import { int32, noTags, sized, sizeOf, WireReader } from './wire-format.ts'

/** A user of Kafka with its password. */
export type KafkaLogin = { readonly username: string; readonly password: string }

const scramSha256 = 1
const noError = 0
/** The lowest number that Kafka accepts. The password is random, so more iterations would not protect it better. */
const iterations = 4_096

/**
 * Creates a login for SCRAM-SHA-256, or changes its password. Kafka gets a salted hash of the password.
 * The format is in the Kafka protocol guide: "AlterUserScramCredentials", version 0.
 */
export function loginRequest({ username, password }: KafkaLogin): ProtocolRequest<void> {
  const salt = randomBytes(32)
  const hash = pbkdf2Sync(password, salt, iterations, 32, 'sha256')
  const noDeletions = sizeOf(0)
  const mechanism = Buffer.from([scramSha256])
  const login = [sized(username), mechanism, int32(iterations), sized(salt), sized(hash), noTags]
  return {
    apiKey: 51,
    apiVersion: 0,
    apiName: 'AlterUserScramCredentials',
    body: Buffer.concat([noDeletions, sizeOf(1), ...login, noTags]),
    decode: requireSuccess,
  }
}

/** @throws Error with the message of the broker */
function requireSuccess(answer: Buffer): void {
  const reader = new WireReader(answer)
  // The throttle time.
  reader.skip(4)
  if (reader.readSize() < 1) throw new Error('Kafka did not report whether it changed the login.')
  const user = reader.readText()
  const code = reader.readInt16()
  if (code === noError) return
  throw new Error(`Kafka refused to set the login ${user}: ${reader.readText()} (code ${code}).`)
}
