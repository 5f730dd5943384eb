const COLUMNS = 76

/** Two columns, the first as wide as its widest entry. */
export function table(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(0, ...rows.map(([key]) => key.length))
  return rows.map(([key, value]) => `${key.padEnd(width)}  ${value}`.slice(0, COLUMNS))
}
