import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  allStored,
  chatWith,
  launchBrowser,
  openWindow,
  patient,
  say,
  shows,
  texts,
} from './testing/chat-window.ts'
import { skein, skeinUp, type SkeinUp } from './testing/skein-up.ts'

const KILLS = 10

let directory: string
let server: SkeinUp
let browser: Browser
const problems: string[] = []

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'skein-cluster-'))
  server = await skeinUp(directory, 0)
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
  await server?.stop()
  rmSync(directory, { recursive: true, force: true })
})

const windowOf = (user: string): Promise<Page> => openWindow({ browser, url: server.url, user, problems })

const allReady = (page: Page) =>
  expect.poll(() => page.locator('[data-testid^="node-node-"][data-state="ready"]').count(), patient).toBe(3)

const servedBy = (page: Page) => page.locator('[data-serves="true"]').getAttribute('data-testid')

/** What the window shows of its connection from here on, besides being online. */
async function interruptions(page: Page): Promise<() => Promise<readonly string[]>> {
  await page.getByTestId('connection').evaluate((badge) => {
    const seen: string[] = []
    Object.assign(window, { interruptions: seen })
    new MutationObserver(() => {
      const state = badge.getAttribute('data-state') ?? ''
      if (state !== 'online') seen.push(state)
    }).observe(badge, { attributes: true })
  })
  return () => page.evaluate(() => (window as unknown as { interruptions: string[] }).interruptions)
}

test('the node that serves a window is killed again and again while two people type: nothing is lost, doubled, reordered or interrupted', async () => {
  const ada = await windowOf('ada')
  const grace = await windowOf('grace')
  await chatWith(ada, 'grace')
  await say(ada, 'ada 0')
  await grace.getByTestId('conversation-ada').click()
  await shows(grace, ['ada 0'])
  const seen = [await interruptions(ada), await interruptions(grace)]
  const killed = new Set<string | null>()
  for (let round = 1; round <= KILLS; round += 1) {
    await allReady(ada)
    await expect.poll(() => ada.locator('[data-serves="true"]').count(), patient).toBe(1)
    killed.add(await servedBy(ada))
    await say(ada, `ada ${2 * round - 1}`)
    await ada.getByTestId('composer').pressSequentially(`ada ${2 * round}`, { delay: 10 })
    await ada.getByTestId('kill-mine').click()
    await ada.getByTestId('composer').press('Enter')
    await say(grace, `grace ${2 * round - 1}`)
    await grace.getByTestId('composer').pressSequentially(`grace ${2 * round}`, { delay: 40 })
    expect(await ada.getByTestId('composer').isEditable()).toBe(true)
    await grace.getByTestId('composer').press('Enter')
  }
  expect(killed.size).toBeGreaterThan(1)
  const count = 4 * KILLS + 1
  await expect.poll(async () => (await texts(ada)).length, patient).toBe(count)
  await allStored(ada)
  await allStored(grace)

  const order = await texts(ada)
  await shows(grace, order)
  const of = (user: string) => order.filter((text) => text.startsWith(user)).map((text) => text.split(' ')[1])
  expect(of('ada')).toEqual(Array.from({ length: 2 * KILLS + 1 }, (_, index) => String(index)))
  expect(of('grace')).toEqual(Array.from({ length: 2 * KILLS }, (_, index) => String(index + 1)))
  expect(order).toHaveLength(count)

  const verdict = (page: Page) =>
    page
      .getByTestId('cluster-check')
      .evaluate((element): Readonly<Record<string, string | undefined>> =>
        Object.fromEntries(Object.entries((element as HTMLElement).dataset)),
      )
  const clean = { lost: '0', doubled: '0', outOfOrder: '0', well: 'true' }
  await expect.poll(() => verdict(ada), patient).toMatchObject({ ...clean, acknowledged: `${2 * KILLS + 1}` })
  await expect.poll(() => verdict(grace), patient).toMatchObject({ ...clean, acknowledged: `${2 * KILLS}` })
  expect(await Promise.all(seen.map((each) => each()))).toEqual([[], []])

  await grace.reload()
  await shows(grace, order)
  expect(problems).toEqual([])
})

test('the node that serves a window is drained while somebody types: the window moves and shows nothing of it', async () => {
  const linus = await windowOf('linus')
  await chatWith(linus, 'margaret')
  await say(linus, 'linus 0')
  const seen = await interruptions(linus)
  await allReady(linus)
  const before = (await servedBy(linus)) ?? ''
  const draining = skein(directory, 'drain', before.replace('node-', ''), '--window', '1', '--wait')
  for (let index = 1; index <= 20; index += 1) {
    await linus.getByTestId('composer').pressSequentially(`linus ${index}`, { delay: 15 })
    await linus.getByTestId('composer').press('Enter')
  }
  expect(await draining).toContain('has gone')
  await expect.poll(() => servedBy(linus), patient).not.toBe(before)
  await allStored(linus)
  expect(await texts(linus)).toEqual(Array.from({ length: 21 }, (_, index) => `linus ${index}`))
  const check = linus.getByTestId('cluster-check')
  expect(await check.getAttribute('data-well')).toBe('true')
  expect(await seen()).toEqual([])
  expect(problems).toEqual([])
})

test('a node can be killed by its name, and comes back into its row', async () => {
  const ken = await windowOf('ken')
  await allReady(ken)
  await ken.getByTestId('kill-node-2').click()
  const row = ken.getByTestId('node-node-2')
  await expect.poll(() => row.getAttribute('data-state'), patient).toBe('restarting')
  await allReady(ken)
  expect(await ken.locator('[data-testid^="node-node-"]').count()).toBe(3)
  expect(problems).toEqual([])
})
