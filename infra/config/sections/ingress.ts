import { z } from 'zod'
import { instances, port, text } from './schema-kinds.ts'

const pemFile = (content: string) =>
  z
    .string()
    .default('')
    .describe(
      `PEM file with ${content}, relative to the clone. It is read again every 2 s. Empty: no TLS.`,
    )

const tls = z.strictObject({
  certFile: pemFile('the certificate of the ingress, followed by those of its issuers'),
  keyFile: pemFile('the private key of the certificate'),
  selfSigned: z
    .boolean()
    .default(false)
    .describe(
      'true: `npm start` makes a private certificate authority once, and a certificate for the names and addresses of this machine, and renews it. Install the certificate of the authority on each phone. Needs the program openssl. false: the files of ingress.tls.certFile and ingress.tls.keyFile, if they are set.',
    ),
  minVersion: z.enum(['1.2', '1.3']).default('1.2').describe('Lowest version of TLS.'),
})

/** The section `ingress` of the configuration. */
export const ingress = z.strictObject({
  instances: instances(1, "Number of ingresses. Always 1: it is the platform's single address."),
  hostPort: port(5001, 'Port of the ingress for vehicles and browsers.'),
  hostAddress: z
    .union([z.ipv4(), z.ipv6()], 'expected an IPv4 or IPv6 address')
    .default('0.0.0.0')
    .describe(
      'Address on which the ingress listens. 0.0.0.0: reachable from all networks. 127.0.0.1: only from this machine.',
    ),
  hostNames: text(
    /^([a-z0-9.-]+(,[a-z0-9.-]+)*)?$/,
    'expected host names in lower case, separated by commas, without ports',
  )
    .default('')
    .describe(
      'Host names under which a proxy on this machine publishes the ingress, separated by commas. Only if the ingress listens on loopback: it then accepts requests for localhost, 127.0.0.1, [::1] and these names. Empty: no further name.',
    ),
  path: text(/^\/[A-Za-z0-9._~-]+$/, "expected '/' and one path segment")
    .default('/events')
    .describe('URL path of the events.'),
  tokenFile: z
    .string()
    .default('')
    .describe(
      'File with a bearer token that can report as any vehicle, relative to the clone: one line of visible ASCII characters without spaces. Each request to send readings then needs this token or that of a device. Empty: devices.unknown decides which requests need a token.',
    ),
  maxReadingsPerSecondPerClient: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(0)
    .describe(
      'Rate limit: readings a second that a producer accepts from one device with a token, otherwise from one IPv4 address or one /64 of IPv6. A request is accepted as a whole while some of a second are left. POST then returns 429 until the excess is over. 0 = no limit.',
    ),
  tls: tls.prefault({}).describe('TLS at the ingress, for other machines.'),
  addressFile: z
    .string()
    .default('/tmp/launch_infra_http_server.log')
    .describe(
      'File to which the address of the events is written at the start. An existing file is replaced; a symbolic link is not followed. Empty: no file.',
    ),
})
