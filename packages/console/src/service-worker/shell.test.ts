import { expect, test } from 'vitest'
import { assetsOf, handlingOf } from './shell.ts'

const scope = 'http://localhost:7777/'
const get = (path: string, mode = 'cors') => handlingOf({ method: 'GET', mode, url: scope + path }, scope)

test('the page and its assets are kept, everything else is left to the network', () => {
  expect(get('?user=ada', 'navigate')).toBe('page')
  expect(get('index.html', 'navigate')).toBe('page')
  expect(get('assets/index-abc.js')).toBe('asset')
  expect(get('icon.svg', 'no-cors')).toBe('asset')
  expect(get('v1/openapi.json')).toBe('network')
  expect(get('docs', 'navigate')).toBe('network')
  expect(handlingOf({ method: 'POST', mode: 'cors', url: `${scope}demo/session` }, scope)).toBe('network')
  expect(handlingOf({ method: 'GET', mode: 'cors', url: 'https://elsewhere.org/assets/x.js' }, scope)).toBe(
    'network',
  )
})

test('the assets of a page are found in it', () => {
  const html = `<link rel="icon" href="./icon.svg"><script type="module" crossorigin src="./assets/index-a1.js"></script>
    <link rel="stylesheet" href="./assets/index-b2.css"><a href="https://example.org/assets/no.js">`
  expect(assetsOf(html)).toEqual(['icon.svg', 'assets/index-a1.js', 'assets/index-b2.css'])
})
