import { z } from 'zod'
import { boolean, fixedParams, handlerName, text } from '../schema-values.ts'

/** The keys of `[castiron.etl]`, the form of the worker Cast Iron. `convert-castiron.ts` says what they become. */

const anyText = (expected: string) => text(/^[^\0]{0,10000}$/su, expected)

/** A key that this platform does not support. @param absent values that change nothing, such as false */
const refused = (advice: string, absent: readonly unknown[] = []) =>
  z
    .custom<unknown>(
      (value) => absent.some((each) => isEqual(value, each)),
      `not supported: ${advice}; remove this key`,
    )
    .optional()

const isEqual = (left: unknown, right: unknown): boolean =>
  JSON.stringify(left) === JSON.stringify(right)

const python = z.strictObject(
  {
    worker_run_method: handlerName,
    static_kwargs: fixedParams.optional(),
    worker_class: refused('a handler is a function; name it in worker_run_method', ['']),
    worker_setup_method: refused('a handler prepares what it needs when its file is loaded', ['']),
    supports_pizza_tracker: boolean.optional(),
    supports_metadata: refused('a handler has name, size and type of its file in context.file', [
      false,
    ]),
    environment_kwargs: refused('a handler gets no environment; use static_kwargs', [{}]),
  },
  'expected a table with the key "worker_run_method"',
)

const folder = anyText('the path of a folder')

export const castironSchema = z.strictObject({
  castiron: z.strictObject(
    {
      etl: z.strictObject(
        {
          enabled: boolean.default(true),
          handled_file_glob: anyText(
            'the ends of file names, e.g. "_test.tsv|_updated.csv"',
          ).default(''),
          handled_mimetypes: anyText('types, e.g. "text/csv,application/pdf"').default(''),
          inbox_dir: folder.optional(),
          processing_dir: folder.optional(),
          archive_dir: folder.optional(),
          error_dir: folder.optional(),
          canceled_dir: folder.optional(),
          save_error_log: boolean.optional(),
          shell: anyText('a command').optional(),
          python: python.optional(),
        },
        'expected a table',
      ),
    },
    'expected the table [castiron.etl]',
  ),
})

/** The table `[castiron.etl]` whose keys are right, one by one. */
export type CastironTable = z.output<typeof castironSchema>['castiron']['etl']
