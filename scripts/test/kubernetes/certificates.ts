import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { firstServiceAddress, folder, nodeAddress, nodeName } from './addresses.ts'

const certificates = join(folder, 'certificates')

/** The path of a certificate or key, e.g. `ca.crt`. */
export const certificateFile = (name: string): string => join(certificates, name)

/** Who has a certificate, with the user and group that the API server reads from it, and its addresses. */
const holders: Readonly<Record<string, { readonly subject: string; readonly names?: string }>> = {
  apiserver: {
    subject: '/CN=kube-apiserver',
    names: `IP:127.0.0.1,IP:${nodeAddress},IP:${firstServiceAddress},DNS:kubernetes.default.svc`,
  },
  etcd: { subject: '/CN=etcd', names: 'IP:127.0.0.1' },
  kubelet: {
    subject: `/O=system:nodes/CN=system:node:${nodeName}`,
    names: `IP:${nodeAddress},DNS:${nodeName}`,
  },
  admin: { subject: '/O=system:masters/CN=admin' },
  controllers: { subject: '/CN=system:kube-controller-manager' },
  scheduler: { subject: '/CN=system:kube-scheduler' },
  proxy: { subject: '/CN=system:kube-proxy' },
}

/** Makes a certificate authority for the cluster, a certificate for each server and user, and the key of service accounts. */
export function makeCertificates(): void {
  mkdirSync(certificates, { mode: 0o700 })
  makeCertificate('ca', '/CN=av-telemetry-test-cluster', [
    'basicConstraints = critical,CA:TRUE',
    'keyUsage = critical,keyCertSign,digitalSignature',
  ])
  for (const [holder, { subject, names }] of Object.entries(holders)) {
    makeCertificate(holder, subject, [
      'basicConstraints = critical,CA:FALSE',
      'extendedKeyUsage = serverAuth,clientAuth',
      ...(names === undefined ? [] : [`subjectAltName = ${names}`]),
    ])
  }
  const curve = ['-name', 'prime256v1', '-genkey', '-noout']
  openssl('ecparam', ...curve, '-out', certificateFile('service-accounts.key'))
}

function makeCertificate(name: string, subject: string, extensions: readonly string[]): void {
  const config = certificateFile(`${name}.conf`)
  const sections = ['[req]', 'distinguished_name = dn', 'x509_extensions = ext', '[dn]', '[ext]']
  writeFileSync(config, [...sections, ...extensions, ''].join('\n'))
  const signer = ['-CA', certificateFile('ca.crt'), '-CAkey', certificateFile('ca.key')]
  openssl(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-days', '7', '-subj', subject, '-config', config],
    ...(name === 'ca' ? [] : signer),
    ...['-keyout', certificateFile(`${name}.key`), '-out', certificateFile(`${name}.crt`)],
  )
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
