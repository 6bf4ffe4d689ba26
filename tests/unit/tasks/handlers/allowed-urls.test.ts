import { expect } from 'chai'
import { isAllowedUrl } from '../../../../services/worker/shipped/handlers/lib/allowed-urls.ts'

describe('a URL for ingest_csv', () => {
  const allowed = 'https://data.example/files http://10.0.0.1:8080/'
  for (const [url, expected] of [
    ['https://data.example/files/a.csv', true],
    ['https://data.example/files/below/a.csv?day=1', true],
    ['https://data.example/files', true],
    ['http://10.0.0.1:8080/any.csv', true],
    ['https://data.example/files-of-others/a.csv', false],
    ['https://data.example/files/../secret.csv', false],
    ['https://data.example/files/%2e%2e/secret.csv', false],
    ['https://data.example/files/..%2fsecret.csv', false],
    ['http://data.example/files/a.csv', false],
    ['https://data.example.evil.test/files/a.csv', false],
    ['https://data.example@evil.test/files/a.csv', false],
    ['https://user:secret@data.example/files/a.csv', false],
    ['http://10.0.0.1/any.csv', false],
    ['file:///etc/passwd', false],
    ['no url', false],
  ] as const) {
    it(`${url} is ${expected ? 'allowed' : 'refused'}`, () => {
      expect(isAllowedUrl(url, allowed)).to.equal(expected)
    })
  }

  it('is never allowed if no URL is', () => {
    expect(isAllowedUrl('https://data.example/', '')).to.equal(false)
  })
})
