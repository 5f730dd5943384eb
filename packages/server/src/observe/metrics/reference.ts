import { METRIC_GROUPS } from './catalog.ts'
import type { MetricDefinition } from './definition.ts'

const HEAD = `# Metrics of a node

<!-- Written by \`npm run docs:config\` from packages/server/src/observe/metrics; do not edit. -->

Every node answers \`GET /metrics\` on its port in the text format of Prometheus. The option \`metrics\`
turns it off; with \`metricsKey\` it wants the header \`Authorization: Bearer <key>\`. Set a key, or keep
the path from the outside in the proxy, where clients reach the port of a node: the figures are no
secrets of users, but nobody else's business.

\`\`\`yaml
scrape_configs:
  - job_name: skein
    authorization: { credentials: <metricsKey> }
    static_configs: [{ targets: ['node-1.internal:7777', 'node-2.internal:7777'] }]
\`\`\`

A metric of which nothing is known at the moment, such as the age of a probe before the first came
back, is left out. Figures are at most a second old. No label takes a value that clients choose:
neither users nor conversations are in here.

**Headroom** is what the scarcest resource of a node has left, from 0 (full) to 1 (idle); a mean would
hide a full one behind idle ones. \`skein_headroom_part_ratio\` shows them all. A resource is used up when

| resource | is used up when |
|---|---|
| \`sessions\` | it has \`maxConnections\` connections |
| \`accepting\` | it accepts \`acceptPerSecond\` new sessions a second |
| \`loop\` | its event loop is 200 ms late, 99th percentile |
| \`cpu\` | it uses one core |
| \`memory\` | its resident memory is 90 % of the container's limit (without a limit: never) |
| \`queue\` | a send waits a second for its commit to begin |
| \`bus\` | a delivery probe takes two seconds |
| \`path\` | no delivery probe of this node comes back while those of another do |

Three alerts to begin with:

\`\`\`yaml
- alert: SkeinNodeNotReady
  expr: skein_node_ready == 0 and skein_node_draining == 0
  for: 1m
- alert: SkeinHeadroomLow
  expr: skein_headroom_ratio < 0.15
  for: 5m
- alert: SkeinBreakerOpen
  expr: skein_guard_state{kind="breaker", state="open"} == 1
  for: 30s
\`\`\`
`

const code = (text: string): string => `\`${text}\``

const row = ({ name, type, labels, help }: MetricDefinition): string =>
  `| ${code(name)} | ${type} | ${labels.map(code).join(' ')} | ${help.replaceAll('|', '\\|')} |`

/** docs/metrics.md. */
export function metricsReference(): string {
  const parts = METRIC_GROUPS.map(
    ({ title, metrics }) =>
      `## ${title}\n\n| metric | type | labels | meaning |\n|---|---|---|---|\n${metrics.map(row).join('\n')}\n`,
  )
  return [HEAD, ...parts].join('\n')
}
