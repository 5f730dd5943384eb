/** Geese in flight: when the leader tires another takes its place, and none is lost. */
export function Logo({ size = 28 }: { readonly size?: number }) {
  return <img alt="" height={size} src="./icon.svg" width={size} />
}
