import { envNames, flagName, type Option, type OptionGroup, type OptionSet } from './option.ts'

const TITLES: Readonly<Record<OptionGroup, string>> = {
  node: 'Node',
  cluster: 'Cluster',
  dispatch: 'Dispatch',
  database: 'Database',
  authentication: 'Authentication',
  network: 'Network',
  limits: 'Limits',
}

const HEAD = `# Configuration of a node

<!-- Written by \`npm run docs:config\` from packages/server/src/config; do not edit. -->

\`skein node\` takes each option from, in this order: a flag, the environment, the JSON file that
\`--config\` names, the default. In the file, keys are as below and lists are arrays:

\`\`\`json
{ "port": 7777, "jwksUrl": "https://id.example.com/keys", "allowedOrigins": ["https://chat.example.com"] }
\`\`\`

Secrets have no flag, since every user of a machine can read its command lines, and are never
printed. There is no default secret.
`

const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``

function section(key: string, option: Option<unknown>): string {
  const flag = flagName(key, option)
  const names = [...(flag === undefined ? [] : [flag]), ...envNames(key, option)]
  const fallback = option.fallback === undefined ? 'none' : code(option.setting.show(option.fallback))
  return `| ${code(key)} | ${option.help} Must be ${option.setting.allowed.replaceAll('|', '\\|')}. | ${fallback} | ${names.map(code).join(' ')} |`
}

/** The reference of a set of options, in Markdown. */
export function referenceOf(options: OptionSet): string {
  const parts = [HEAD]
  for (const group of Object.keys(TITLES) as OptionGroup[]) {
    const entries = Object.entries(options).filter(
      ([, option]) => option.group === group && option.internal !== true,
    )
    const rows = entries.map(([key, option]) => section(key, option))
    parts.push(
      `## ${TITLES[group]}\n\n| key | meaning | default | flag and environment |\n|---|---|---|---|\n${rows.join('\n')}\n`,
    )
  }
  return parts.join('\n')
}
