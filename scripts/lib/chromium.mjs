import { existsSync } from 'node:fs'
import { gather } from './run.mjs'

const CHROMIUM = '/usr/bin/chromium'

/** Chromium for the tests of the page: there, or installed with apt where that is allowed. Resolves with why not. */
export async function ensureChromium() {
  if (existsSync(CHROMIUM)) return undefined
  if (process.getuid?.() !== 0)
    return `${CHROMIUM} is missing and only root may install it (apt-get install chromium)`
  if (!existsSync('/usr/bin/apt-get')) return `${CHROMIUM} is missing and this system has no apt-get`
  console.log('Installing Chromium for the tests of the page (once) …')
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  await gather('apt-get', ['update', '-qq'], { env })
  const { output } = await gather(
    'apt-get',
    ['install', '-y', '-qq', '--no-install-recommends', 'chromium'],
    { env },
  )
  return existsSync(CHROMIUM)
    ? undefined
    : `apt-get could not install chromium:\n${output.trim().split('\n').slice(-5).join('\n')}`
}
