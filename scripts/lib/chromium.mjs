import { existsSync } from 'node:fs'
import { ensureInstalled } from './apt.mjs'

/** Chromium for the tests of the page: there, or installed with apt where that is allowed. Resolves with why not. */
export const ensureChromium = () =>
  ensureInstalled('chromium', 'the tests of the page', () => existsSync('/usr/bin/chromium'))
