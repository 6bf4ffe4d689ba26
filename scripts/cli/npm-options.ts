import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

// Without a `--` before them npm takes the options of a command line as its own, and passes them on
// as environment variables `npm_config_…`. It does the same with the settings of its files
// (`.npmrc`) and of the shell.

const prefix = 'npm_config_'

/**
 * The options that npm took from the command line: texts by the name of the variable without
 * `npm_config_`, e.g. `num_vehicles`.
 *
 * @param env the environment of this process
 * @param ofNpm the environment with which npm was started; undefined if it is not known
 */
export function optionsTakenByNpm(
  env: NodeJS.ProcessEnv,
  ofNpm: readonly string[] | undefined = environmentOfParent(),
): Map<string, string> {
  const settings = new Set([...namesInFiles(env), ...namesInEnvironment(ofNpm)])
  const taken = Object.entries(env).flatMap(([name, text = '']): [string, string][] => {
    if (!name.startsWith(prefix)) return []
    const key = name.slice(prefix.length)
    return settings.has(key) ? [] : [[key, text]]
  })
  return new Map(taken)
}

/** Names that a shell or a file may set for npm or for other programs. */
const likelySettings = ['all', 'call', 'json', 'loglevel', 'target', 'yes']

function namesInEnvironment(variables: readonly string[] | undefined): string[] {
  if (variables === undefined) return likelySettings
  return variables.flatMap((variable) => {
    const [, name] = /^npm_config_([^=]*)=/i.exec(variable) ?? []
    return name === undefined ? [] : [toKey(name)]
  })
}

/** `NAME=VALUE` for each variable with which the parent process was started. Only Linux tells. */
function environmentOfParent(): string[] | undefined {
  try {
    return readFileSync(`/proc/${process.ppid}/environ`, 'utf8').split('\0')
  } catch {
    return undefined
  }
}

function namesInFiles(env: NodeJS.ProcessEnv): string[] {
  const folderOf = (path: string | undefined, ...names: readonly string[]): string[] =>
    path === undefined ? [] : [join(path, ...names)]
  const npm = env['npm_execpath']
  // npm does not pass on what the shell has set in capitals.
  const setting = (name: string): string | undefined =>
    env[`${prefix}${name}`] ?? env[`${prefix}${name}`.toUpperCase()]
  const files = [
    ...folderOf(setting('userconfig')),
    ...folderOf(setting('globalconfig')),
    ...folderOf(setting('local_prefix'), '.npmrc'),
    // The file of npm's own package.
    ...folderOf(npm && dirname(npm), '..', 'npmrc'),
  ]
  return files.flatMap(namesInFile)
}

/** The names in a file of `NAME = VALUE` and `NAME[] = VALUE` lines. */
function namesInFile(file: string): string[] {
  const lines = textOf(file).split('\n')
  return lines.flatMap((line) => {
    const [, name] = /^\s*([^\s=;#[]+)(?:\[\])?\s*(?:=|$)/.exec(line) ?? []
    return name === undefined ? [] : [toKey(name)]
  })
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** The part of the variable's name that npm makes of the name of a setting. */
function toKey(name: string): string {
  return name.toLowerCase().replaceAll('-', '_')
}
