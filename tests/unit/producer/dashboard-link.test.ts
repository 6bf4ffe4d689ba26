import { expect } from 'chai'
import type { DashboardAddress } from '../../../services/producer/pages/dashboard-link.ts'
import { dashboardLink } from '../../../services/producer/pages/dashboard-link.ts'

const [local, open] = [
  { port: 5002, isPublic: false },
  { port: 5002, isPublic: true },
]

function describeDashboard(dashboard: DashboardAddress | undefined): string {
  if (dashboard === undefined) return 'no dashboard'
  return dashboard.isPublic ? 'a public dashboard' : 'a local dashboard'
}

describe('dashboardLink', () => {
  for (const [dashboard, host, link] of [
    [local, 'localhost:5001', 'http://localhost:5002/'],
    [local, '127.0.0.1:5001', 'http://127.0.0.1:5002/'],
    [local, '[::1]:5001', 'http://[::1]:5002/'],
    [local, 'fleet.example.com:5001', undefined],
    [open, 'fleet.example.com', 'http://fleet.example.com:5002/'],
    [open, 'x"><script>', undefined],
    [open, 'user@host', undefined],
    [open, undefined, undefined],
    [undefined, 'localhost', undefined],
  ] as const) {
    it(`returns ${link ?? 'no link'} for the host ${host ?? '(none)'} and ${describeDashboard(dashboard)}`, () => {
      expect(dashboardLink(dashboard, host)).to.equal(link)
    })
  }
})
