/** A group of processes that CPU time can be limited for: where it would be made, and in which of the two ways. */
export interface CpuController {
  readonly version: 1 | 2
  /** Folder of the group that this process is in; new ones are made in it. */
  readonly folder: string
}

/**
 * Finds it in what Linux tells of itself (cgroups(7)): `mountInfo` as /proc/self/mountinfo, `own` as
 * /proc/self/cgroup. Undefined: no CPU controller is mounted.
 */
export function findCpuController(mountInfo: string, own: string): CpuController | undefined {
  const mounts = mountInfo.split('\n').flatMap(mountOf)
  const v1 = mounts.find(({ type, options }) => type === 'cgroup' && options.includes('cpu'))
  if (v1 !== undefined) return { version: 1, folder: folderIn(v1, ownPath(own, 'cpu')) }
  // Beside version 1 the second one has no controllers.
  const isMixed = mounts.some(({ type }) => type === 'cgroup')
  const v2 = isMixed ? undefined : mounts.find(({ type }) => type === 'cgroup2')
  return v2 && { version: 2, folder: folderIn(v2, ownPath(own, '')) }
}

interface Mount {
  /** Which part of the hierarchy is mounted. */
  readonly root: string
  readonly at: string
  readonly type: string
  readonly options: readonly string[]
}

/** `32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu` */
function mountOf(line: string): Mount[] {
  const [before, after] = line.split(' - ')
  const [, , , root, at] = before?.split(' ') ?? []
  const [type, , options] = after?.split(' ') ?? []
  if (root === undefined || at === undefined || type === undefined) return []
  return [{ root, at, type, options: options?.split(',') ?? [] }]
}

/** `1:cpu,cpuacct:/path`; of version 2, whose list is empty, `0::/path`. */
function ownPath(own: string, controller: string): string {
  for (const line of own.split('\n')) {
    const [, controllers, ...path] = line.split(':')
    if (controllers?.split(',').includes(controller)) return path.join(':')
  }
  return '/'
}

function folderIn({ root, at }: Mount, path: string): string {
  const below = root !== '/' && path.startsWith(root) ? path.slice(root.length) : root === '/' ? path : ''
  return `${at}${below === '/' ? '' : below}`
}
