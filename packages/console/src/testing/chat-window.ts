import { chromium, type Browser, type BrowserContextOptions, type Locator, type Page } from 'playwright-core'
import { expect } from 'vitest'

/** The page in a real browser, as a person uses it. */

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run']
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync']

export const DESK: BrowserContextOptions = { viewport: { width: 1280, height: 800 } }
export const patient = { timeout: 30_000 }

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...QUIET] })

export interface WindowOptions {
  readonly browser: Browser
  readonly url: string
  readonly user: string
  readonly options?: BrowserContextOptions
  /** Collects what goes wrong inside the page. */
  readonly problems: string[]
}

/** A browser of its own: nothing is shared with the others but the server. */
export async function openWindow({
  browser,
  url,
  user,
  options = DESK,
  problems,
}: WindowOptions): Promise<Page> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  page.on('pageerror', (error) => problems.push(`${user}: ${error.message}`))
  await page.goto(url)
  await page.getByTestId(`user-${user}`).click()
  await isConnection(page, 'online')
  return page
}

export const isConnection = (page: Page, state: string) =>
  expect.poll(() => page.getByTestId('connection').getAttribute('data-state'), patient).toBe(state)

export async function chatWith(page: Page, user: string): Promise<void> {
  await page.getByTestId('new-chat').click()
  await page.getByTestId(`person-${user}`).click()
}

export async function say(page: Page, text: string): Promise<void> {
  await page.getByTestId('composer').fill(text)
  await page.getByTestId('composer').press('Enter')
}

/** By `textContent`: `innerText` of a run that the browser skips, being out of sight, is empty. */
export const texts = (page: Page): Promise<string[]> => page.getByTestId('message-text').allTextContents()
export const states = (page: Page): Promise<(string | null)[]> =>
  page.getByTestId('message').evaluateAll((all) => all.map((each) => each.getAttribute('data-state')))
export const shows = (page: Page, wanted: readonly string[]) =>
  expect.poll(() => texts(page), patient).toEqual(wanted)
export const present = (locator: Locator) => expect.poll(() => locator.count(), patient).toBe(1)
export const gone = (locator: Locator) => expect.poll(() => locator.count(), patient).toBe(0)

/** Every message of one's own is committed, none of them failed. */
export const allStored = (page: Page) =>
  expect
    .poll(
      async () => (await states(page)).every((state) => state === 'durable' || state === 'stable'),
      patient,
    )
    .toBe(true)
