import { openDocker } from './lib/docker.mjs'

/**
 * A Docker daemon with the base images of deploy/, for as long as the input stays open. Says its
 * address in one line; ended by the end of the input or by a signal.
 */
const daemon = await openDocker((line) => console.error(line))
let closing
const close = () => (closing ??= daemon.close().then(() => process.exit(0)))
process.stdin.resume().once('end', close)
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, close)
console.log(JSON.stringify({ host: daemon.host }))
