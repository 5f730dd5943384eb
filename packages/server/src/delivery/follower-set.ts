/** Up to here a list is smaller and no slower than a set. Most conversations have few followers on a node. */
const LIST_MAX = 16

/** A set that is lean while it is small: a node holds one for every live conversation. */
export class FollowerSet<T> {
  #list: T[] | undefined
  #set: Set<T> | undefined

  get size(): number {
    return this.#set?.size ?? this.#list?.length ?? 0
  }

  add(follower: T): void {
    if (this.#set !== undefined) {
      this.#set.add(follower)
      return
    }
    const list = (this.#list ??= [])
    if (list.includes(follower)) return
    list.push(follower)
    if (list.length <= LIST_MAX) return
    this.#set = new Set(list)
    this.#list = undefined
  }

  delete(follower: T): void {
    if (this.#set !== undefined) this.#set.delete(follower)
    // A new list: whoever walks over the old one is not disturbed.
    else this.#list = this.#list?.filter((other) => other !== follower)
  }

  [Symbol.iterator](): Iterator<T> {
    return (this.#set ?? this.#list ?? [])[Symbol.iterator]()
  }
}
