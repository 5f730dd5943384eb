import { setTimeout as delay } from 'node:timers/promises'
import type { NodeStatus } from '@skein/server'
import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import { drainSight, nodeNamed } from '../cluster/drain-watch.ts'
import { askCluster, findOperator, OPERATOR_HELP, orderDrain, type Operator } from '../cluster/operator.ts'
import { EXIT } from '../exit-codes.ts'
import type { CommandContext } from '../program.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { DEFAULT_DATA } from '../up/data-directory.ts'
import { wholeNumber } from './arguments.ts'

interface DrainFlags {
  readonly url?: string
  readonly data: string
  readonly window?: number
  readonly force?: boolean
  readonly wait?: boolean
}

const MOST_WINDOW_SECONDS = 86_400
const LOOK_MS = 500
/** After the window: for the last clients, the last commits and the registry. */
const WAIT_GRACE_MS = 30_000

const HELP = `${OPERATOR_HELP}

The node takes no new clients, asks those that it has to move to the others,
spread over the window, and ends when none is left. Under skein up it is then
started again. Clients notice nothing.

Refused while another node drains and for the last ready node, unless --force.
Exit codes: 0 it drains (with --wait: it has gone); 1 refused, or not gone in
time; 2 no such node; 69 nothing answers; 78 the operator key does not fit.`

export function addDrain(program: Command, { terminal }: CommandContext): void {
  program
    .command('drain')
    .argument('<node>', 'its name, as skein status shows it')
    .description('Move the clients of a node to the others, and let it end.')
    .option(
      '-w, --window <seconds>',
      'time over which its clients are asked',
      wholeNumber(0, MOST_WINDOW_SECONDS),
    )
    .option('--force', 'also while another drains, and also when it is the last one')
    .option('--wait', 'stay until it has gone')
    .option('--url <url>', 'any node of the cluster, or the proxy in front')
    .option('--data <directory>', 'data of the skein up that is asked', DEFAULT_DATA)
    .addHelpText('after', HELP)
    .action(async (node: string, flags: DrainFlags) => {
      const operator = await findOperator(flags, process.env)
      const before = await findNode(operator, node)
      const windowMs = await orderDrain(operator, node, {
        force: flags.force === true,
        ...(flags.window !== undefined && { windowMs: flags.window * 1_000 }),
      })
      const clients = before === undefined ? '' : ` (${sessionsText(before.load?.sessions ?? 0)})`
      terminal.out(`${node} drains within ${Math.ceil(windowMs / 1_000)} s${clients}.`)
      if (flags.wait !== true || before === undefined) return
      await untilGone({ operator, node, id: before.id, windowMs }, terminal)
      terminal.out(`${terminal.style.green('✓')} ${node} has gone.`)
    })
}

/** Each node looks who is there twice a second or more: one that has just come may be seen at the second look. */
async function findNode(operator: Operator, name: string): Promise<NodeStatus | undefined> {
  const found = nodeNamed(await askCluster(operator), name)
  if (found !== undefined) return found
  await delay(LOOK_MS)
  return nodeNamed(await askCluster(operator), name)
}

const sessionsText = (count: number): string => `${count} ${count === 1 ? 'session' : 'sessions'}`

interface Waiting {
  readonly operator: Operator
  readonly node: string
  readonly id: string
  readonly windowMs: number
}

async function untilGone({ operator, node, id, windowMs }: Waiting, terminal: Terminal): Promise<void> {
  const untilMs = performance.now() + windowMs + WAIT_GRACE_MS
  let seen = false
  let left = 0
  while (performance.now() < untilMs) {
    await delay(LOOK_MS)
    // The node that answered may be the very one that goes.
    const status = await askCluster(operator).catch(() => undefined)
    if (status === undefined) continue
    const sight = drainSight(status, id, seen)
    switch (sight.is) {
      case 'gone':
        return terminal.progress('')
      case 'yielded':
        throw new CliError(
          EXIT.failed,
          `${node} is back at work: every other node drains too. Let one of them finish first.`,
        )
      case 'draining':
        seen ||= status.nodes.some((each) => each.id === id && each.state === 'draining')
        left = sight.left
        terminal.progress(`${node}: ${sessionsText(left)} left …`)
    }
  }
  throw new CliError(
    EXIT.failed,
    `${node} has not gone in time; ${sessionsText(left)} left. See skein status.`,
  )
}
