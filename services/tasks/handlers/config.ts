/** Variables that handler processes inherit. All others may contain secrets. */
const inherited = ['PATH', 'TZ', 'LANG', 'LC_ALL', 'NODE_ENV', 'TMPDIR']

/** The environment of handler processes. */
export function readHandlerEnvironment(
  source: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const entries = inherited.flatMap((name) => {
    const value = source[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(entries)
}
