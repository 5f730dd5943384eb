import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findCpuController, type CpuController } from './cgroups.ts'

/** What containers are given unless told: within each such time they run for their share, then not at all. */
const PERIOD_US = 100_000
/** A group is busy until the last of its processes is gone. */
const REMOVE_ATTEMPTS = 50
const REMOVE_EVERY_MS = 100

/** The bench cannot be run here. */
export class NoCpuQuota extends Error {
  override name = 'NoCpuQuota'
}

/** A cgroup of the bench's own, whose processes share a part of a core. */
export class CpuQuota {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** @throws NoCpuQuota where the system has none to give. */
  static async open(cores: number): Promise<CpuQuota> {
    const controller = await cpuController()
    const folder = join(controller.folder, `skein-bench-${process.pid}`)
    try {
      if (controller.version === 2) await writeFile(join(controller.folder, 'cgroup.subtree_control'), '+cpu')
      await mkdir(folder)
    } catch (error) {
      throw refused(controller, error)
    }
    const quota = new CpuQuota(folder)
    try {
      await quota.#limit(controller.version, Math.round(cores * PERIOD_US))
    } catch (error) {
      await quota.close()
      throw refused(controller, error)
    }
    return quota
  }

  /** All its threads. */
  async add(pid: number): Promise<void> {
    await writeFile(join(this.#folder, 'cgroup.procs'), String(pid))
  }

  /** Once its processes have ended. */
  async close(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await rmdir(this.#folder)
      } catch (error) {
        if (attempt === REMOVE_ATTEMPTS) throw error
        await sleep(REMOVE_EVERY_MS)
      }
    }
  }

  async #limit(version: CpuController['version'], quotaUs: number): Promise<void> {
    if (version === 2) return writeFile(join(this.#folder, 'cpu.max'), `${quotaUs} ${PERIOD_US}`)
    await writeFile(join(this.#folder, 'cpu.cfs_period_us'), String(PERIOD_US))
    await writeFile(join(this.#folder, 'cpu.cfs_quota_us'), String(quotaUs))
  }
}

/** Why there is none; undefined: there is. */
export async function whyNoCpuQuota(): Promise<string | undefined> {
  try {
    await (await CpuQuota.open(1)).close()
    return undefined
  } catch (error) {
    if (error instanceof NoCpuQuota) return error.message
    throw error
  }
}

async function cpuController(): Promise<CpuController> {
  const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '')
  const [mountInfo, own] = await Promise.all([read('/proc/self/mountinfo'), read('/proc/self/cgroup')])
  const controller = findCpuController(mountInfo, own)
  if (controller !== undefined) return controller
  throw new NoCpuQuota(
    'this bench gives the node half a core by a cgroup, and no cpu controller is mounted here: run it on Linux',
  )
}

function refused({ version, folder }: CpuController, cause: unknown): NoCpuQuota {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new NoCpuQuota(
    `no group with a CPU quota can be made in ${folder} (cgroup v${version}): ${why}. ` +
      'Run the bench as root, or in a group whose cpu controller was delegated to you',
    { cause },
  )
}
