import { createHash } from 'node:crypto'

/**
 * The HTML page of `GET /events`: one file without external resources, with a counter that updates
 * itself.
 */

const style = `
:root { color-scheme: light dark; --ink: #1c2733; --dim: #5b6b7b; --paper: #f6f8fa; --line: #0f766e; --bad: #b42318 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --dim: #9aa7b4; --paper: #0d1420; --line: #2dd4bf; --bad: #ff9b8f } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 2rem 1.25rem;
  font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper) }
main { width: min(40rem, 100%) }
h1 { margin: 0; font-size: 1.25rem; font-weight: 600 }
.count { margin: 1.5rem 0 0; font-size: clamp(3rem, 14vw, 6.5rem); line-height: 1; font-weight: 700;
  font-variant-numeric: tabular-nums; letter-spacing: -.03em; color: var(--line) }
p { margin: .5rem 0 0; color: var(--dim) }
.stale { color: var(--bad) }
nav { margin-top: 2rem; display: flex; flex-wrap: wrap; gap: .5rem 1.5rem }
a { color: inherit }
code { font: .9em ui-monospace, monospace }
`

const script = `
const count = document.getElementById('count'), state = document.getElementById('state')
const number = new Intl.NumberFormat('en')
let last
async function refresh() {
  try {
    const response = await fetch(location.pathname, { headers: { accept: 'application/json' }, cache: 'no-store' })
    if (!response.ok) throw new Error(String(response.status))
    const { eventsServed, asOf } = await response.json()
    const at = Date.parse(asOf)
    const age = Math.round((Date.parse(response.headers.get('date')) - at) / 1000)
    const rate = last && at > last.at ? Math.max(0, (eventsServed - last.eventsServed) / ((at - last.at) / 1000)) : undefined
    count.textContent = number.format(eventsServed)
    state.classList.toggle('stale', age > 5)
    if (age > 5) state.textContent = 'Kafka has not answered for ' + age + ' s. This is the last known count.'
    else if (rate !== undefined) state.textContent = number.format(Math.round(rate)) + ' per second, as of ' + new Date(at).toLocaleTimeString()
    if (!last || at > last.at) last = { eventsServed, at }
  } catch {
    state.classList.add('stale')
    state.textContent = 'The platform does not respond. Retrying every second.'
  }
}
refresh()
setInterval(refresh, 1000)
`

const hashOf = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** The content security policy: only the page's own script, style and requests are allowed. */
export const eventsPagePolicy = [
  "default-src 'none'",
  `script-src ${hashOf(script)}`,
  `style-src ${hashOf(style)}`,
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

/** The page with the current count, so that it is useful without JavaScript too. */
export function eventsPage(eventsServed: number, dashboard?: string): string {
  const link = dashboard === undefined ? '' : `<a href="${dashboard}">Fleet map</a>\n`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>av-telemetry: events served</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main>
<h1>Welcome to KafkaProducer/HTTPServer!</h1>
<div class="count" id="count" role="status" aria-label="Events served">${eventsServed.toLocaleString('en')}</div>
<p>Events served</p>
<p id="state">&nbsp;</p>
<nav>
${link}<a href="/docs">API documentation</a>
<a href="/openapi.json">OpenAPI document</a>
<span>Add vehicles with <code>npm run fleet -- --num-vehicles 50</code></span>
</nav>
</main>
<script>${script}</script>
</body>
</html>
`
}
