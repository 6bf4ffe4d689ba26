/**
 * @param file source of the program, relative to the clone
 * @returns the path of its current bundle; undefined if it cannot be bundled or kept
 */
export function bundleProgram(file: string): Promise<string | undefined>
