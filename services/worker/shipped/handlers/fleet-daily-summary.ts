import { handler, z } from 'av-telemetry'
import sql from './sql/fleet-daily-summary.sql'

/** A row for each vehicle that has readings of a day in UTC. */
export const fleetDailySummary = handler({
  name: 'fleet_daily_summary',
  params: z.object({ day: z.iso.date() }),
  run: async ({ day }, context) => {
    const table = `"${(context.settings['readings_table'] ?? 'diag').replaceAll('"', '""')}"`
    const data = await context.query(sql.replaceAll('{{table}}', table), [day])
    return [{ table: 'fleet_day', refresh: false, data }]
  },
})
