import { expect } from 'chai'
import { dashboardLink } from '../../../services/producer/pages/dashboard-link.ts'

const [inner, open] = [
  { port: 5002, isPublic: false },
  { port: 5002, isPublic: true },
]

describe('link to the dashboard', () => {
  for (const [dashboard, host, link] of [
    [inner, 'localhost:5001', 'http://localhost:5002/'],
    [inner, '127.0.0.1:5001', 'http://127.0.0.1:5002/'],
    [inner, '[::1]:5001', 'http://[::1]:5002/'],
    [inner, 'fleet.example.com:5001', undefined],
    [open, 'fleet.example.com', 'http://fleet.example.com:5002/'],
    [open, 'x"><script>', undefined],
    [open, 'user@host', undefined],
    [open, undefined, undefined],
    [undefined, 'localhost', undefined],
  ] as const) {
    it(`is ${link ?? 'none'} for ${host ?? 'no host'}, ${dashboard?.isPublic ? 'public' : 'not public'}`, () => {
      expect(dashboardLink(dashboard, host)).to.equal(link)
    })
  }
})
