import type { PlatformConfig } from '../config-schema.ts'
import type { ConfigFault } from '../config-fault.ts'

type External = PlatformConfig['postgres']['external']

const roleFiles = [
  'writerPasswordFile',
  'workerPasswordFile',
  'operatorPasswordFile',
  'readerPasswordFile',
] as const

/** Checks of the keys of `postgres.external` against each other. */
export function externalPostgresFaults({ postgres, worker }: PlatformConfig): ConfigFault[] {
  const { external } = postgres
  if (external.host === '') return unusedKeys(external)
  const faults = [...passwordFaults(external), ...authorityFaults(external)]
  if (worker.hostAddress === '') return faults
  const problem =
    'cannot be used with postgres.external.host: only the servers of the platform listen for workers on other machines; remove one of them'
  return [...faults, { path: 'worker.hostAddress', problem }]
}

/** Without a host, the platform starts a Postgres, so a forgotten host would go unnoticed. */
function unusedKeys({ database, passwordFile, tls, roles }: External): ConfigFault[] {
  const given = {
    ...{ database, passwordFile, 'tls.authorityFile': tls.authorityFile },
    ...{ 'roles.given': roles.given ? 'true' : '' },
    ...Object.fromEntries(roleFiles.map((key) => [`roles.${key}`, roles[key]])),
  }
  return Object.entries(given).flatMap(([key, value]) =>
    value === ''
      ? []
      : [fault(key, 'it is used only with postgres.external.host; set that, or remove the key')],
  )
}

function passwordFaults({ passwordFile, roles }: External): ConfigFault[] {
  const faults = roleFiles.flatMap((key) => {
    if (roles.given === (roles[key] !== '')) return []
    const problem = roles.given
      ? 'postgres.external.roles.given needs it; name a file'
      : 'it is used only with postgres.external.roles.given; set that to true, or remove the key'
    return [fault(`roles.${key}`, problem)]
  })
  if (passwordFile !== '') return faults
  return [fault('passwordFile', 'postgres.external.host needs it; name a file'), ...faults]
}

function authorityFaults({ tls: { mode, authorityFile } }: External): ConfigFault[] {
  if (authorityFile === '' || mode.startsWith('verify-')) return []
  const problem = `it is not used with tls.mode ${mode}, which does not check the certificate; set tls.mode to verify-full or verify-ca, or remove the key`
  return [fault('tls.authorityFile', problem)]
}

const fault = (key: string, problem: string): ConfigFault => ({
  path: `postgres.external.${key}`,
  problem,
})
