import { setWorkerUrl } from 'maplibre-gl'

// What the page consists of, and how it gets into the browser:
//
// - `main.ts` and all that it imports, packages too, is bundled by esbuild (infra/page-bundle.ts)
//   into `/main.js`; a dynamic import becomes a file of its own. `main.css` likewise.
// - `index.html` and `static/` are served as they are. `/vendor` has the files of packages that
//   cannot be bundled: the map's worker, and the outlines of the countries.
// - The service holds all of it in memory, compressed; the Content-Security-Policy lets nothing
//   come from elsewhere and no script or style stand in the HTML.
setWorkerUrl('/vendor/maplibre-gl-worker.mjs')
