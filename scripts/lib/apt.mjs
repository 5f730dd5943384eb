import { gather } from './run.mjs'

/** Installs a Debian package where that is allowed, until `isThere`. Resolves with why it is not there. */
export async function ensureInstalled(name, purpose, isThere) {
  if (isThere()) return undefined
  if (process.getuid?.() !== 0)
    return `${name} is missing and only root may install it (apt-get install ${name})`
  console.log(`Installing ${name} for ${purpose} (once) …`)
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  await gather('apt-get', ['update', '-qq'], { env })
  const { output } = await gather('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], {
    env,
  })
  return isThere()
    ? undefined
    : `apt-get could not install ${name}:\n${output.trim().split('\n').slice(-5).join('\n')}`
}
