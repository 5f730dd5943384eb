import { readFile } from 'node:fs/promises'

const KIB = 1_024

/** The most memory that a process has ever had resident, as the kernel counted it (proc(5), VmHWM). */
export async function rssPeakBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? []
  if (kib === undefined) throw new Error(`the system does not tell the peak memory of process ${pid}`)
  return Number(kib) * KIB
}
