// Runs on any Node that knows modules, so that an old one gets a sentence instead of a syntax error.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    'Skein needs Node 20.19 or newer; this is ' + process.versions.node + '. See https://nodejs.org',
  )
  process.exit(1)
}
import('./lib/start-up.mjs').catch((error) => {
  console.error(error)
  process.exit(1)
})
