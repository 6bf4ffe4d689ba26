/** `$0` is the folder, and the arguments are the program. If chmod fails, the container's log says so. */
const script = 'umask 077; chmod go-rwx "$0"; exec "$@"'

/**
 * The entrypoint of a server whose data other users of the machine or of the container must not read: the
 * folder of its volume and every new file belong to its user alone.
 *
 * @param folder the mount path of the volume
 * @param program the program of the image, with its first arguments
 */
export function privateEntrypoint(folder: string, program: readonly string[]): string[] {
  return ['sh', '-c', script, folder, ...program]
}
