import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { UPSTREAM_FILE } from './render.ts'
import { block } from './words.ts'

export const SITE_FILE = 'nginx.conf'

/** A whole configuration, in two files. */
export interface ConfigText {
  readonly site: string
  readonly upstream: string
  /** Told by whoever runs it. */
  readonly generation: string
}

const GENERATION_CHARS = 16

/** Adds to the upstream where the running configuration tells which one it is. */
export function configText(site: string, upstream: string, socketPath: string): ConfigText {
  const hash = createHash('sha256').update(site).update('\0').update(upstream).digest('hex')
  const generation = hash.slice(0, GENERATION_CHARS)
  const told = block('server', [
    `listen unix:${socketPath};`,
    ...block('location = /generation', [`return 200 ${generation};`]),
    ...block('location /', ['return 404;']),
  ])
  return { site, upstream: `${upstream}${told.join('\n')}\n`, generation }
}

/** A configuration in place, and a candidate beside it. */
export class ConfigFiles {
  readonly #dir: string

  constructor(dir: string) {
    this.#dir = dir
  }

  get path(): string {
    return join(this.#dir, SITE_FILE)
  }

  /** Writes it beside the one in place; resolves with its path. */
  async propose({ site, upstream }: ConfigText): Promise<string> {
    const beside = join(this.#dir, 'candidate')
    await mkdir(beside, { recursive: true })
    await writeWhole(join(beside, UPSTREAM_FILE), upstream)
    await writeWhole(join(beside, SITE_FILE), site)
    return join(beside, SITE_FILE)
  }

  /** One name after the other; each pair of these files is one that NGINX takes. */
  async put({ site, upstream }: ConfigText): Promise<void> {
    await writeWhole(join(this.#dir, UPSTREAM_FILE), upstream)
    await writeWhole(join(this.#dir, SITE_FILE), site)
  }

  async isInPlace(text: ConfigText): Promise<boolean> {
    const [site, upstream] = await Promise.all(
      [SITE_FILE, UPSTREAM_FILE].map((name) =>
        readFile(join(this.#dir, name), 'utf8').catch(() => undefined),
      ),
    )
    return site === text.site && upstream === text.upstream
  }
}

/** Whoever reads it finds the old text or the new one, after a power cut too. */
async function writeWhole(path: string, text: string): Promise<void> {
  const fresh = `${path}.new`
  const file = await open(fresh, 'w', 0o644)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(fresh, path)
}
