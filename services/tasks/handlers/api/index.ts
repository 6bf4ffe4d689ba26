// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- it declares text files; an import cannot
/// <reference path="./text-files.d.ts" />
/** The module `av-telemetry`, which the files of handlers import. */
export { z } from 'zod'
export { handler } from './handler.ts'
export { PermanentError } from './permanent-error.ts'
export type {
  Handler,
  HandlerContext,
  HandlerFile,
  HandlerLogger,
  HandlerPart,
  HandlerResult,
  HandlerRow,
} from './handler.ts'
