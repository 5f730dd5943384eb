import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** For `chat.test` and 127.0.0.1; ends with the day. */
export interface ThrowAwayCa {
  /** Path of `ca.pem`, or of a certificate: `NAME.crt`, `NAME.key`, and `NAME.pem` with both. */
  file(name: string): string
  pem(name: string): string
  remove(): void
}

/** A CA, and certificates of it by name. Needs `openssl`. */
export function throwAwayCa(names: readonly string[]): ThrowAwayCa {
  const folder = mkdtempSync(join(tmpdir(), 'skein-ca-'))
  const file = (name: string): string => join(folder, name)
  const pem = (name: string): string => readFileSync(file(name), 'utf8')
  const openssl = (words: string): void => {
    execFileSync('openssl', words.split(' '), { cwd: folder, stdio: 'ignore' })
  }
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
  openssl(`req -x509 ${key} -keyout ca.key -out ca.pem -days 1 -subj /CN=throw-away`)
  writeFileSync(file('names'), 'subjectAltName=DNS:chat.test,IP:127.0.0.1')
  for (const name of names) {
    openssl(`req ${key} -keyout ${name}.key -out ${name}.csr -subj /CN=${name}`)
    const by = '-CA ca.pem -CAkey ca.key -CAcreateserial -extfile names -days 1'
    openssl(`x509 -req -in ${name}.csr ${by} -out ${name}.crt`)
    writeFileSync(file(`${name}.pem`), pem(`${name}.crt`) + pem(`${name}.key`))
  }
  return { file, pem, remove: () => rmSync(folder, { recursive: true }) }
}
