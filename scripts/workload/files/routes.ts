/**
 * What becomes of a dropped file:
 *
 * - `table`: its lines become rows, loaded by the worker;
 * - `rows`: a handler returns its lines as rows;
 * - `messages`: a handler writes its lines to the outbox; another pipeline stores them;
 * - `command`: a command appends the name of the file to a file;
 * - `readings`: its lines are sent to the ingress.
 */
export const routes = ['table', 'rows', 'messages', 'command', 'readings'] as const
export type Route = (typeof routes)[number]

export const inboxOf = (route: Route): string => `verify/${route}/inbox`
export const archiveOf = (route: Route): string => `verify/${route}/archive`

/** The pipeline of each route. */
export const pipelineOf: Readonly<Record<Route, string>> = {
  table: 'verify_files',
  rows: 'verify_file_rows',
  messages: 'verify_file_messages',
  command: 'verify_file_command',
  readings: 'verify_file_readings',
}
/** The pipeline that stores the messages of the route `messages`. */
export const storingPipeline = 'verify_file_stored'
export const messageTopic = 'verify-file-db'

/** The tables with the columns run, content and line. None has a key, so a line that is stored twice is seen. */
export const tableOf = {
  table: pipelineOf.table,
  rows: pipelineOf.rows,
  messages: storingPipeline,
} as const satisfies Partial<Record<Route, string>>

/** The vehicle of a file of readings. */
export const vinOf = (run: string, content: number): string => `${run.toUpperCase()}-${content}`
