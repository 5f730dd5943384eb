import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { CLOSE, ERROR_CODES } from './codes.ts'
import { LIMITS } from './limits.ts'

const here = (path: string): URL => new URL(path, import.meta.url)
const spec = readFileSync(here('../SPEC.md'), 'utf8')
const rules = [...spec.matchAll(/^- \*\*([A-Z]+\d+)\*\* /gm)].map((match) => match[1] ?? '')

describe('SPEC.md', () => {
  test('numbers each rule once, and each series without a gap', () => {
    expect(new Set(rules).size).toBe(rules.length)
    const series = new Map<string, number[]>()
    for (const rule of rules) {
      const [, name = '', number = ''] = /^([A-Z]+)(\d+)$/.exec(rule) ?? []
      series.set(name, [...(series.get(name) ?? []), Number(number)])
    }
    for (const [name, numbers] of series) {
      expect([name, numbers]).toEqual([name, numbers.map((_, index) => index + 1)])
    }
  })

  test('is referred to by rules that exist: in itself, in the vectors and in test titles', () => {
    const texts = [
      spec,
      ...readdirSync(here('../vectors/')).map((name) => readFileSync(here(`../vectors/${name}`), 'utf8')),
    ]
    texts.push(
      ...readdirSync(here('.'))
        .filter((name) => name.endsWith('.test.ts'))
        .map((name) => readFileSync(here(name), 'utf8')),
    )
    const prefixes = [...new Set(rules.map((rule) => rule.replace(/\d+$/, '')))].join('|')
    const used = texts.flatMap((text) =>
      [...text.matchAll(new RegExp(`\\b(?:${prefixes})\\d+\\b`, 'g'))].map(String),
    )
    expect([...new Set(used)].filter((rule) => !rules.includes(rule))).toEqual([])
  })

  test.each(Object.entries(LIMITS))('LIM1 names %s with its number %d', (name, value) => {
    const [, told] = new RegExp(`\\| \`${name}\` \\| ([\\d,.]+)`).exec(spec) ?? []
    expect(Number(told?.replaceAll(',', ''))).toBe(value)
  })

  test.each(Object.entries(CLOSE))('names the close code %s with its number', (name, code) => {
    expect(spec).toMatch(new RegExp(`${code} ${name}\\b`))
  })

  test.each(ERROR_CODES)('gives the error code %s a remedy', (code) => {
    expect(spec.match(/^- \*\*ERR[3-6]\*\* .*$/gm)?.join(' ')).toContain(`\`${code}\``)
  })
})
