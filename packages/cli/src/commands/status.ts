import type { Command } from 'commander'
import { clusterLines, isWell } from '../cluster/cluster-lines.ts'
import { askCluster, findOperator, OPERATOR_HELP } from '../cluster/operator.ts'
import { EXIT } from '../exit-codes.ts'
import type { CommandContext } from '../program.ts'
import { DEFAULT_DATA } from '../up/data-directory.ts'

interface StatusFlags {
  readonly url?: string
  readonly data: string
  readonly json?: boolean
}

const HELP = `${OPERATOR_HELP}

HEADROOM is 100 % for an idle node and 0 % for a full one, with the resource
that is scarcest; LOAD is what it is made of: CPU of one core, LAG the event
loop's p99, QUEUE the wait of a send for its commit, BUS that of a delivery
probe. AGE is how long it is in this state. The node with * answered; ▲
under a node is what protects it and acts now.
Exit codes: 0 it is ready; 1 it is not, or something is wrong with the cluster
(the reasons stand below it); 69 nothing answers; 78 the operator key does not fit.`

export function addStatus(program: Command, { terminal, exitWith }: CommandContext): void {
  program
    .command('status')
    .description('Show the nodes of a cluster, and what is going on.')
    .option('--url <url>', 'any node of the cluster, or the proxy in front')
    .option('--data <directory>', 'data of the skein up that is asked', DEFAULT_DATA)
    .option('--json', 'print the answer as JSON')
    .addHelpText('after', HELP)
    .action(async (flags: StatusFlags) => {
      const operator = await findOperator(flags, process.env)
      terminal.progress(`Asking ${operator.url} …`)
      const status = await askCluster(operator)
      terminal.progress('')
      if (flags.json === true) terminal.out(JSON.stringify(status, null, 2))
      else for (const line of clusterLines(status, Date.now(), terminal.style)) terminal.out(line)
      exitWith(isWell(status) ? EXIT.ok : EXIT.failed)
    })
}
