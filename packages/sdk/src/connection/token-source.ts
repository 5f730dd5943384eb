import { messageOf } from '../errors.ts'

type Token = string | (() => string | Promise<string>)

/** Holds the token at hand and asks the app for another; only the newest question counts. */
export class TokenSource {
  readonly renewable: boolean
  readonly #token: Token
  #current = ''
  #question = 0

  constructor(token: Token) {
    this.#token = token
    this.renewable = typeof token === 'function'
  }

  get current(): string {
    return this.#current
  }

  fetch(ready: () => void, failed: (reason: string) => void): void {
    const question = ++this.#question
    const token = this.#token
    const got = (value: unknown): void => {
      if (question !== this.#question) return
      if (typeof value !== 'string' || value === '') return failed('it must be a string that is not empty')
      this.#current = value
      ready()
    }
    if (typeof token === 'string') return got(token)
    const refused = (error: unknown): void => {
      if (question === this.#question) failed(messageOf(error))
    }
    try {
      Promise.resolve(token()).then(got, refused)
    } catch (error) {
      refused(error)
    }
  }
}
