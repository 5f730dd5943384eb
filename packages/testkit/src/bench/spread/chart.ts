import type { StrategyName } from '@skein/resilience'
import { END_MS, JOIN_MS, LOSS_MS, SETTLE_MS, WARM_MS } from './simulate.ts'
import { WANTED_MAX_OVER_FAIR, type SpreadResult } from './spread.ts'

/** Narrow, so that it can still be read when a phone scales it down. */
const WIDTH = 540
const MARGIN = 20
const HEAD = 92
const ROW = 78
const PLOT = { top: 26, height: 38 }
const FOOT = 26
/** Load ÷ fair share that the plots show; more is cut off. */
const FROM = 1
const TO = 1.6

/** Text and marks have a contrast of 4.5:1 and more on their ground, in light and in dark. */
const STYLE = `
  .ground { fill: #ffffff }
  .plot { fill: #f1f3f5 }
  text { font: 15px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; fill: #1f2328 }
  .title { font-size: 18px; font-weight: 600 }
  .name { font-weight: 600 }
  .quiet { fill: #57606a }
  .small { font-size: 13px }
  .good { fill: #0a6b3d; stroke: #0a6b3d }
  .bad { fill: #a8400f; stroke: #a8400f }
  text.good, text.bad { stroke: none; font-weight: 600 }
  .area { fill-opacity: 0.3; stroke-width: 1.5 }
  .wanted { stroke: #57606a; stroke-dasharray: 4 3 }
  .event { stroke: #57606a }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 }
    .plot { fill: #1b222c }
    text { fill: #e6edf3 }
    .quiet { fill: #9aa4af }
    .good { fill: #4cc38a; stroke: #4cc38a }
    .bad { fill: #f0883e; stroke: #f0883e }
    .wanted, .event { stroke: #9aa4af }
  }`

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const text = (x: number, y: number, content: string, kind = '', anchor = 'start'): string =>
  `<text x="${x}" y="${y}" class="${kind}" text-anchor="${anchor}">${escaped(content)}</text>`

const rounded = (value: number): string => String(Math.round(value * 10) / 10)

/** A row for each strategy: the heaviest node's load ÷ fair share over time, and the figures as text. */
export function spreadChart({ report, courses }: SpreadResult): string {
  const rows = [...courses].map(([name, course], index) => {
    const row = strategyRow(name, course, report.figures[name])
    return `<g transform="translate(0 ${HEAD + index * ROW})">${row}</g>`
  })
  const height = HEAD + courses.size * ROW + FOOT
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title desc">`,
    '<title id="title">How evenly each strategy spreads 4,000 sessions</title>',
    `<desc id="desc">${escaped(description(report.figures))}</desc>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="ground" width="${WIDTH}" height="${height}" rx="8"/>`,
    text(MARGIN, 32, 'The heaviest node, over six minutes', 'title'),
    text(
      MARGIN,
      55,
      `Load ÷ fair share; bottom ${FROM}, top ${TO} (cut off), dashed ${WANTED_MAX_OVER_FAIR}.`,
      'quiet',
    ),
    text(MARGIN, 75, 'moved: others’ sessions that would be placed elsewhere.', 'quiet'),
    ...rows,
    ...eventNames(height - FOOT + 6),
    '</svg>',
    '',
  ].join('\n')
}

const description = (figures: SpreadResult['report']['figures']): string =>
  Object.entries(figures)
    .map(([name, { maxOverFair }]) => `${name}: at most ${maxOverFair.toFixed(2)} of its fair share`)
    .join('; ')

const plotWidth = WIDTH - 2 * MARGIN
const heightOf = (ratio: number): number =>
  ((Math.min(TO, Math.max(FROM, ratio)) - FROM) / (TO - FROM)) * PLOT.height

function strategyRow(
  name: StrategyName,
  course: readonly number[],
  figures: SpreadResult['report']['figures'][StrategyName],
): string {
  const verdict = figures.maxOverFair <= WANTED_MAX_OVER_FAIR ? 'good' : 'bad'
  const ground = PLOT.top + PLOT.height
  const xOf = (index: number): number => MARGIN + (index / (course.length - 1)) * plotWidth
  const points = course.map((ratio, i) => `${rounded(xOf(i))},${rounded(ground - heightOf(ratio))}`)
  const wanted = rounded(ground - heightOf(WANTED_MAX_OVER_FAIR))
  const [max, moved] = [figures.maxOverFair.toFixed(2), Math.round(100 * figures.movedOnNodeLoss)]
  return [
    text(MARGIN, 18, name, 'name'),
    text(WIDTH - MARGIN - 118, 18, `max ${max}`, verdict, 'end'),
    text(WIDTH - MARGIN, 18, `moved ${moved} %`, 'quiet', 'end'),
    `<rect class="plot" x="${MARGIN}" y="${PLOT.top}" width="${plotWidth}" height="${PLOT.height}"/>`,
    `<polygon class="area ${verdict}" points="${MARGIN},${ground} ${points.join(' ')} ${MARGIN + plotWidth},${ground}"/>`,
    `<line class="wanted" x1="${MARGIN}" x2="${MARGIN + plotWidth}" y1="${wanted}" y2="${wanted}"/>`,
    eventLines(),
  ].join('')
}

const EVENTS = [
  { atMs: LOSS_MS, name: 'a quarter is lost' },
  { atMs: JOIN_MS, name: 'comes back, empty' },
  { atMs: JOIN_MS + SETTLE_MS, name: 'is to be full' },
]

const xOfMoment = (atMs: number): number => MARGIN + ((atMs - WARM_MS) / (END_MS - WARM_MS)) * plotWidth

const eventLines = (): string =>
  EVENTS.map(({ atMs }) => {
    const x = rounded(xOfMoment(atMs))
    return `<line class="event" x1="${x}" x2="${x}" y1="${PLOT.top}" y2="${PLOT.top + PLOT.height}"/>`
  }).join('')

const eventNames = (y: number): string[] =>
  EVENTS.map(({ atMs, name }) => text(Math.round(xOfMoment(atMs)), y, name, 'quiet small', 'middle'))
