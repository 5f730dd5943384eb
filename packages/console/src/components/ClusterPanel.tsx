import { useId, useState } from 'react'
import type { CheckResult } from '../cluster/self-check.ts'
import { AWAY, type NodeRow } from '../cluster/node-rows.ts'
import { useCluster } from '../hooks/useCluster.ts'
import { useSelfCheck } from '../hooks/useSelfCheck.ts'
import { useServingNode } from '../hooks/useServingNode.ts'
import styles from './ClusterPanel.module.css'
import { Icon } from './Icon.tsx'

/** On a phone the conversations need the room. */
const OPEN_AT_FIRST = matchMedia('(width > 720px) and (height > 560px)')

/** The nodes behind this page, a way to kill them, and what that has cost so far. */
export function ClusterPanel() {
  const { cluster, kill } = useCluster()
  const check = useSelfCheck()
  const serving = useServingNode()
  const [open, setOpen] = useState(OPEN_AT_FIRST.matches)
  const bodyId = useId()
  if (cluster === undefined) return null
  const { rows, mayKill } = cluster
  return (
    <section aria-label="Cluster" className={styles.panel} data-open={open} data-testid="cluster">
      <button
        aria-controls={bodyId}
        aria-expanded={open}
        className={styles.head}
        data-testid="cluster-toggle"
        onClick={() => setOpen(!open)}
        type="button"
      >
        <span className={styles.title}>Cluster</span>
        <Verdict check={check} />
        <span className={styles.chevron}>
          <Icon name="chevron" size={16} />
        </span>
      </button>
      {open && (
        <div className={styles.body} id={bodyId}>
          <ul className={styles.nodes}>
            {rows.map((row) => (
              <Node
                key={row.name}
                mayKill={mayKill}
                onKill={kill}
                row={row}
                serves={row.name === serving && row.state !== AWAY}
              />
            ))}
          </ul>
          {mayKill && (
            <button
              className={styles.killMine}
              data-testid="kill-mine"
              disabled={serving === undefined}
              onClick={() => serving !== undefined && kill(serving)}
              type="button"
            >
              Kill the node that serves me
            </button>
          )}
          <p className={styles.counts}>
            {check.acknowledged} acknowledged · doubled: {check.doubled} · out of order: {check.outOfOrder}
          </p>
        </div>
      )}
    </section>
  )
}

function Verdict({ check }: { readonly check: CheckResult }) {
  const well = check.lost + check.doubled + check.outOfOrder === 0
  return (
    <span
      className={styles.verdict}
      data-acknowledged={check.acknowledged}
      data-doubled={check.doubled}
      data-lost={check.lost}
      data-out-of-order={check.outOfOrder}
      data-testid="cluster-check"
      data-well={well}
    >
      lost: {check.lost}
      {check.doubled > 0 && `, doubled: ${check.doubled}`}
      {check.outOfOrder > 0 && `, out of order: ${check.outOfOrder}`}
    </span>
  )
}

interface NodeProps {
  readonly row: NodeRow
  readonly serves: boolean
  readonly mayKill: boolean
  readonly onKill: (node: string) => void
}

function Node({ row: { name, state, sessions }, serves, mayKill, onKill }: NodeProps) {
  return (
    <li className={styles.node} data-serves={serves} data-state={state} data-testid={`node-${name}`}>
      <span aria-hidden="true" className={styles.dot} />
      <span className={styles.name}>{name}</span>
      <span className={styles.state}>
        {state === 'ready' ? `${sessions} ${sessions === 1 ? 'session' : 'sessions'}` : state}
      </span>
      {serves && <span className={styles.mine}>serves me</span>}
      {mayKill && (
        <button
          aria-label={`Kill ${name}`}
          className={styles.kill}
          data-testid={`kill-${name}`}
          disabled={state === AWAY}
          onClick={() => onKill(name)}
          type="button"
        >
          Kill
        </button>
      )}
    </li>
  )
}
