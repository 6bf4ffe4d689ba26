import type { PipelineDeclaration } from './task-declaration.ts'

/** Declarations in the database: JSON, in which a value that is undefined is missing. */

/**
 * The declaration of a stored JSON value that `JSON.stringify` has made of one. Only declarations of
 * tasks have a `kind`: earlier versions have stored the others without it.
 */
export function fromStored(stored: unknown): PipelineDeclaration {
  return stored as PipelineDeclaration
}

/** Whether a stored JSON value is equal to the declaration. */
export function isSameAsStored(declaration: PipelineDeclaration, stored: unknown): boolean {
  return canonical(JSON.parse(JSON.stringify(declaration))) === canonical(stored)
}

/** JSON with sorted keys: Postgres sorts the keys of jsonb. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)))
      : part,
  )
}
