import { expect } from 'chai'

export type Result = { readonly status: number | null; readonly output: string }
type Expectation = (result: Result) => void

export const expectSuccess =
  (text: string | RegExp): Expectation =>
  ({ status, output }) => {
    expect(status, output).to.equal(0)
    expect(output).to.match(new RegExp(text))
  }
/** The test platform does not have what the example names, or the command needs a terminal. */
const expectError =
  (text: string | RegExp): Expectation =>
  ({ status, output }) => {
    expect(status, output).to.equal(1)
    expect(output).to.match(new RegExp(text))
  }

/** The commands that `tests/e2e/documents.test.ts` runs against a started platform, and what they must print. */
export const expectations: Readonly<Record<string, Expectation>> = {
  [`curl -i localhost:5001/events -H 'content-type: application/json' -H 'authorization: Bearer TOKEN'   -d "{\\"vin\\":\\"TEST-1\\",\\"timestamp\\":$(date +%s),\\"latitude\\":37.77,\\"longitude\\":-122.42,\\"speed\\":3.5}"`]:
    expectSuccess(/HTTP\/1.1 202[^]*"accepted":1,"receipts":\["\d+-\d+-\d+"\]/),
  'curl -i "localhost:5001/devices/osmand/TOKEN?id=TEST-2&lat=37.77&lon=-122.42&speed_mps=3.5&timestamp=$(date +%s)"':
    expectSuccess(/HTTP\/1.1 200/),
  [`npm run sql -- "with deleted as (delete from diag where vin = 'TEST-1' returning recorded_at)   insert into retired_day as present (day, row_count)   select (recorded_at at time zone 'UTC')::date, count(*) from deleted group by 1   on conflict (day) do update set row_count = present.row_count + excluded.row_count"`]:
    expectSuccess(/\nINSERT 1\n$/),
  'npm run status': expectSuccess(/producer-0[^]* \+ 1 deleted [^]*: balanced\n/),
  "npm run sql -- \"update dead_letter set record_key = null, record_value = null, record_headers = '[]', detail = 'deleted' where record_key = 'TEST-1'\"":
    expectSuccess(/\nUPDATE 0\n$/),
  'npm run sql -- "select vin, recorded_at from latest_position where recorded_at < now() - interval \'1 hour\' order by recorded_at"':
    expectSuccess(/\(0 rows\)/),
  'curl -s "localhost:5002/api/vehicles?state=silent"': expectSuccess(/^{"vehicles":\[\]/),
  'npm run sql -- "select * from diag order by stored_at desc limit 5"':
    expectSuccess(/vin[^]*\(\d rows?\)/),
  'npm run sql -- "select * from diag where vin = \'X\' order by recorded_at desc, sequence desc limit 1"':
    expectSuccess(/\(0 rows\)/),
  'npm run pipeline -- list': expectSuccess(/vehicle_hour/),
  'npm run tasks -- list': expectSuccess(/No task has been made yet\.|vehicle_hour/),
  'npm run tasks -- list --state failed': expectSuccess(/No (?:task|failed)/),
  'npm run config -- set vehicle_hour.enabled false': expectSuccess(
    'Set vehicle_hour.enabled to false.',
  ),
  'npm run sql -- "select hour_begin, distance_mm / 1e6 as km, stops from vehicle_hour where vin = \'X\' order by hour_begin desc limit 24"':
    expectSuccess(/\(0 rows\)/),
  'npm run status -- --json': expectSuccess(/"isInOrder": true[^]*"rowImbalance": 0/),
  'npm run size -- --vehicles 50 --interval 1': expectSuccess('producers'),
  'npm run size -- --vehicles 100000 --interval 5': expectSuccess('20,000/s'),
  'npm run config -- list': expectSuccess(/worker\.log_level +\| info +\| file/),
  'npm run config -- set worker.log_level debug': expectSuccess('Set worker.log_level to debug.'),
  'npm run config -- get worker.log_level': expectSuccess(/^debug$/m),
  'npm run config -- unset worker.log_level': expectSuccess('Removed the setting'),
  'npm run config -- history': expectSuccess(/worker\.log_level/),
  'npm run dead-letters -- list': expectSuccess(/dead letter/),
  'npm run dead-letters -- list --all --reason out-of-range --since 2026-01-31':
    expectSuccess(/dead letter/),
  'npm run dead-letters -- redrive --open': expectSuccess(/dead letter/),
  'npm run dead-letters -- show 1-3-1042': expectError('1-3-1042'),
  'npm run dead-letters -- redrive --reason time-too-old': expectSuccess(/dead letter/),
  'npm run dead-letters -- discard 12 --reason-text "test drive"': expectError('12'),
  // The last test deletes the row that this command counts.
  'npm run sql -- "insert into retired_day as present (day, row_count) values (\'2026-01-31\', 1) on conflict (day) do update set row_count = present.row_count + excluded.row_count"':
    expectSuccess(/\nINSERT 1\n$/),
}

/** Backup and restore, in the order of the document. They need the client programs of Postgres 18. */
export const backup = [
  'pg_dump -h 127.0.0.1 -p 54321 -U av_telemetry -Fc -f backup.dump av_telemetry',
  'createdb -h 127.0.0.1 -p 54321 -U av_telemetry restored',
  'pg_restore -h 127.0.0.1 -p 54321 -U av_telemetry -d restored backup.dump',
]
