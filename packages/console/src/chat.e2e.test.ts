import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  allStored,
  chatWith,
  DESK,
  gone,
  isConnection,
  launchBrowser,
  openWindow,
  patient,
  present,
  say,
  shows,
  states,
  texts,
} from './testing/chat-window.ts'
import { skeinUp, type SkeinUp } from './testing/skein-up.ts'

const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
  colorScheme: 'dark',
}
let directory: string
let server: SkeinUp
let port: number
let browser: Browser
const problems: string[] = []

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'skein-page-'))
  server = await skeinUp(directory, 0)
  port = Number(new URL(server.url).port)
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
  await server?.stop()
  rmSync(directory, { recursive: true, force: true })
})

const windowOf = (user: string, options: BrowserContextOptions = DESK): Promise<Page> =>
  openWindow({ browser, url: server.url, user, options, problems })

test('two windows chat, see each other type, count what is unread and keep it over a reload', async () => {
  const ada = await windowOf('ada')
  const grace = await windowOf('grace')

  await chatWith(ada, 'grace')
  await say(ada, 'Hello Grace')
  await present(grace.getByTestId('unread-ada'))
  expect(await grace.getByTestId('unread-ada').innerText()).toBe('1')

  await grace.getByTestId('conversation-ada').click()
  await shows(grace, ['Hello Grace'])
  await gone(grace.getByTestId('unread-ada'))

  await grace.getByTestId('composer').pressSequentially('Hello', { delay: 30 })
  await present(ada.getByTestId('typing'))
  expect(await ada.getByTestId('typing').innerText()).toContain('Grace is typing')
  await say(grace, 'Hello Ada, see https://example.org/skein')
  await shows(ada, ['Hello Grace', 'Hello Ada, see https://example.org/skein'])
  await gone(ada.getByTestId('typing'))
  await allStored(ada)

  await ada.reload()
  await isConnection(ada, 'online')
  await shows(ada, ['Hello Grace', 'Hello Ada, see https://example.org/skein'])
  expect(problems).toEqual([])
})

test('a group is made, tells its changes, and a removed member cannot write any more', async () => {
  const ken = await windowOf('ken')
  const barbara = await windowOf('barbara')

  await ken.getByTestId('new-group').click()
  await ken.getByTestId('group-title').fill('Flight plan')
  await ken.getByTestId('choose-barbara').click()
  await ken.getByTestId('create-group').click()
  await say(ken, 'Welcome')

  const row = barbara.locator('[data-title="Flight plan"]')
  await present(row)
  await row.click()
  await shows(barbara, ['Welcome'])
  expect(await barbara.getByTestId('system').first().innerText()).toContain('Ken created the group')

  await ken.getByTestId('details').click()
  await present(ken.getByTestId('member-barbara'))
  await ken.getByTestId('rename').fill('Route')
  await ken.getByTestId('rename').press('Enter')
  await present(barbara.locator('[data-title="Route"]'))
  await ken.getByTestId('member-barbara').getByRole('button', { name: 'Remove Barbara' }).click()
  await gone(barbara.getByTestId('composer'))
  expect(problems).toEqual([])
})

test('on a phone list and chat are two screens, nothing is wider than the screen, every button has a name', async () => {
  const page = await windowOf('ken', PHONE)
  await chatWith(page, 'linus')
  await present(page.getByTestId('composer'))
  expect(await page.getByTestId('new-chat').isVisible()).toBe(false)
  await page.getByTestId('composer').fill(`From the road ${'w'.repeat(200)}`)
  await page.getByTestId('send').click()
  await allStored(page)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  expect(await namelessButtons(page)).toEqual([])

  await page.getByTestId('back').click()
  await expect.poll(() => page.getByTestId('new-chat').isVisible(), patient).toBe(true)
  await present(page.getByTestId('conversation-linus'))
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  expect(await namelessButtons(page)).toEqual([])
  expect(problems).toEqual([])
})

const namelessButtons = (page: Page): Promise<string[]> =>
  page
    .locator('button, input, textarea')
    .evaluateAll((all) =>
      all
        .filter(
          (each) => !each.textContent.trim() && !each.ariaLabel && !(each as HTMLInputElement).labels?.length,
        )
        .map((each) => each.outerHTML),
    )

test('the whole server is killed in mid-conversation, and both windows end with the same messages once, in the same order', async () => {
  const linus = await windowOf('linus')
  const margaret = await windowOf('margaret')
  await chatWith(linus, 'margaret')
  await say(linus, 'one')
  await margaret.getByTestId('conversation-linus').click()
  await shows(margaret, ['one'])
  await say(margaret, 'two')
  await shows(linus, ['one', 'two'])

  await say(linus, 'three, at the last moment')
  await server.kill()
  await expect
    .poll(() => linus.getByTestId('connection').getAttribute('data-state'), patient)
    .not.toBe('online')
  for (const text of ['four', 'five', 'six']) await say(linus, text)
  await say(margaret, 'seven')
  expect((await states(linus)).slice(-3)).toEqual(['queued', 'queued', 'queued'])

  // The page itself comes from the service worker now, the messages from the outbox.
  await linus.reload()
  await expect.poll(async () => (await texts(linus)).slice(-3), patient).toEqual(['four', 'five', 'six'])

  server = await skeinUp(directory, port)
  await isConnection(linus, 'online')
  await isConnection(margaret, 'online')
  const everything = ['five', 'four', 'one', 'seven', 'six', 'three, at the last moment', 'two']
  await expect.poll(async () => (await texts(linus)).toSorted(), patient).toEqual(everything)
  await expect.poll(async () => (await texts(margaret)).toSorted(), patient).toEqual(everything)
  await allStored(linus)
  await allStored(margaret)

  const order = await texts(linus)
  await shows(margaret, order)
  expect(order.filter((text) => ['one', 'four', 'five', 'six'].includes(text))).toEqual([
    'one',
    'four',
    'five',
    'six',
  ])
  await linus.reload()
  await shows(linus, order)
  expect(problems).toEqual([])
})
