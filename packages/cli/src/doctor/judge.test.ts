import { expect, test } from 'vitest'
import * as judge from './judge.ts'

const verdicts = (findings: readonly { verdict: string }[]): readonly string[] =>
  findings.map(({ verdict }) => verdict)

test('Node 20.19 is new enough and 20.18 is not', () => {
  expect(verdicts(['20.18.3', '20.19.0', '22.0.0', '18.20.0'].map(judge.judgeNodeVersion))).toEqual([
    'bad',
    'good',
    'good',
    'bad',
  ])
})

test('PostgreSQL 15 is new enough and 14 is not', () => {
  expect(judge.judgePostgresVersion(180_004)).toMatchObject({
    verdict: 'good',
    text: 'PostgreSQL 18.4 answers',
  })
  expect(verdicts([149_999, 150_000].map(judge.judgePostgresVersion))).toEqual(['bad', 'good'])
})

test('Redis 7 is new enough, 6 is not, and one that hides its version is noted', () => {
  expect(verdicts(['7.0.0', '8.2.1', '6.2.14', ''].map(judge.judgeRedisVersion))).toEqual([
    'good',
    'good',
    'bad',
    'note',
  ])
})

test('a schema that is missing, older or newer each has its own remedy', () => {
  expect(judge.judgeSchema({ applied: 0, state: 'empty' })).toMatchObject({ verdict: 'note' })
  expect(judge.judgeSchema({ applied: 2, state: 'older' }).remedy).toBe('Run skein migrate.')
  expect(judge.judgeSchema({ applied: 4, state: 'newer' }).remedy).toBe('Use the newer Skein.')
  expect(judge.judgeSchema({ applied: 3, state: 'current' }).verdict).toBe('good')
})

test('a clock counts in both directions', () => {
  expect(verdicts([0, 499, -500, 5_000, -5_000].map(judge.judgeSkew))).toEqual([
    'good',
    'good',
    'note',
    'bad',
    'bad',
  ])
  expect(judge.judgeSkew(-700).text).toBe('behind the database by 700 ms')
})

test('short and guessable secrets are found, and no secret stands in a finding', () => {
  const weak = 'abababababababababababababababababab'
  expect(judge.judgeSecret('short').verdict).toBe('bad')
  expect(judge.judgeSecret(weak).verdict).toBe('bad')
  expect(JSON.stringify(judge.judgeSecret(weak))).not.toContain(weak)
  expect(judge.judgeSecret('kJ3nP9xQ2vL7wR5tY8uM1oB4cZ6aS0dF').verdict).toBe('good')
})

test('a secret file that others can read is found', () => {
  expect(verdicts([0o100600, 0o100640, 0o100644].map((mode) => judge.judgeSecretFile(mode, 'x')))).toEqual([
    'good',
    'bad',
    'bad',
  ])
})
