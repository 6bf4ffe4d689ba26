/**
 * The files of the last build with certain options, below the `node_modules` of a clone. They are used again if no
 * input has changed. Several processes may use them at the same time: the files of a build never change, and an
 * earlier build is removed after the record names the new one.
 */
export class KeptBuild {
  /** @param options of the build, as JSON */
  constructor(root: string, options: unknown)
  /** The folder of the files; undefined if there are none, if an input has changed, or if a file is cut off. */
  findFolder(): string | undefined
  /** A new folder to build into; undefined if nothing can be kept, for example in the clone of another user. */
  makeFolder(): string | undefined
  /**
   * Keeps the files of a folder in place of those of earlier builds.
   *
   * @param paths all inputs of the build, as absolute paths
   * @param since when the build began, in milliseconds since 1970. An input must not have changed since then
   * @returns false if the files are not kept
   */
  keep(folder: string, paths: readonly string[], since: number): boolean
}
