import react from '@vitejs/plugin-react'
import { defaultClientConditions, defineConfig } from 'vite'

/** Where `npm run dev` finds a node, for the API and the WebSocket. */
const node = process.env['SKEIN_URL'] ?? 'http://127.0.0.1:7777'

export default defineConfig({
  base: './',
  plugins: [react()],
  // The SDK comes from its sources, so that building the page needs no build before it.
  resolve: { conditions: ['source', ...defaultClientConditions] },
  build: {
    target: 'es2022',
    rolldownOptions: {
      input: { index: 'index.html', sw: 'src/service-worker/sw.ts' },
      // The service worker's address must not change, or browsers would keep the old one for ever.
      output: {
        entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  server: { proxy: { '/v1': { target: node, ws: true }, '/demo': { target: node } } },
})
