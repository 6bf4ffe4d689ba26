import type { ResultPart, TaskFault, TaskResult } from './task.ts'

/** The rows of an attempt cannot be read again, e.g. because of a fault of the disk. */
export class UnreadableResult extends Error {
  override readonly name = 'UnreadableResult'

  /** Another attempt may succeed. */
  get fault(): TaskFault {
    const message = `The worker could not read the stored result of the task: ${this.message}`
    return { code: 'threw', message, stack: undefined }
  }
}

/**
 * All parts of a result. Returns a promise only if they are not in memory.
 *
 * @throws UnreadableResult
 */
export function readParts(
  result: TaskResult,
): readonly ResultPart[] | Promise<readonly ResultPart[]> {
  try {
    const parts = result.read()
    return parts instanceof Promise ? parts.catch(throwUnreadable) : parts
  } catch (error) {
    return throwUnreadable(error)
  }
}

/**
 * The parts of a result, one after the other.
 *
 * @throws UnreadableResult
 */
export async function* partsOf(result: TaskResult): AsyncGenerator<ResultPart, void> {
  try {
    yield* result.parts()
  } catch (error) {
    throwUnreadable(error)
  }
}

function throwUnreadable(error: unknown): never {
  throw new UnreadableResult((error as Error).message, { cause: error })
}
