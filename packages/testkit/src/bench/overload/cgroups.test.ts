import { describe, expect, test } from 'vitest'
import { findCpuController } from './cgroups.ts'

const V1 = '32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct'
const SETS = '34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset'
const V2 = '41 31 0:38 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw'

describe('where a quota of CPU time can be had', () => {
  test('in version 1 it is the mount of the cpu controller, and the group that this process is in', () => {
    expect(findCpuController(`${SETS}\n${V1}\n`, '3:cpuset:/a\n1:cpu,cpuacct:/b:c\n')).toEqual({
      version: 1,
      folder: '/sys/fs/cgroup/cpu/b:c',
    })
    expect(findCpuController(V1, '1:cpu,cpuacct:/')?.folder).toBe('/sys/fs/cgroup/cpu')
  })

  test('version 2 counts when version 1 is not there: beside it, it has no controllers', () => {
    expect(findCpuController(V2, '0::/user.slice')).toEqual({
      version: 2,
      folder: '/sys/fs/cgroup/user.slice',
    })
    expect(findCpuController(`${SETS}\n${V2}`, '0::/')).toBeUndefined()
  })

  test('in a container only a part of the hierarchy is mounted', () => {
    const part = '32 31 0:29 /docker/x /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu'
    expect(findCpuController(part, '1:cpu:/docker/x')?.folder).toBe('/sys/fs/cgroup/cpu')
    expect(findCpuController(part, '1:cpu:/docker/x/y')?.folder).toBe('/sys/fs/cgroup/cpu/y')
  })

  test('without cgroups there is none', () => {
    expect(findCpuController('23 1 0:1 / / rw - ext4 /dev/vda rw\n', '')).toBeUndefined()
  })
})
