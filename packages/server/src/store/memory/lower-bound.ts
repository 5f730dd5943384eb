/** The first index below `length` for which `holds`, which stays true once it is; `length` if none. */
export function lowerBound(length: number, holds: (index: number) => boolean): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
