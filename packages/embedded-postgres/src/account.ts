import { lstat } from 'node:fs/promises'

/** `nobody`: PostgreSQL refuses to run as root, so a root process starts it as somebody without rights. */
const NOBODY = 65_534

/** Whom PostgreSQL runs as. `other` is absent when it is simply us. */
export interface Account {
  readonly uid: number
  readonly gid: number
  readonly other: boolean
}

/** Us; for root the owner of the cluster that is there already, else nobody. */
export async function accountFor(clusterDir: string): Promise<Account> {
  const uid = process.geteuid?.() ?? 0
  const gid = process.getegid?.() ?? 0
  if (uid !== 0) return { uid, gid, other: false }
  const owner = await lstat(clusterDir).catch(() => undefined)
  if (owner === undefined || owner.uid === 0) return { uid: NOBODY, gid: NOBODY, other: true }
  return { uid: owner.uid, gid: owner.gid, other: true }
}

export const spawnAs = (account: Account): { uid?: number; gid?: number } =>
  account.other ? { uid: account.uid, gid: account.gid } : {}
