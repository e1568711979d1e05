// Puts a comment where it belongs: one of ours for each key, the newest text in it, whatever other runs do meanwhile.
//
// The hosts have neither transactions nor "if it is still as I read it". What they have: a comment that is created is there, once; and a
// reaction is given once per account, which makes a lock. So the oldest of our comments stays; who changes it holds its lock, reads it
// again, and never puts an older text over a newer one; others that runs created at the same time are deleted.
'use strict'

const { CommentError } = require('./error.js')
const { marked } = require('./text.js')

/**
 * When a text is from: the run and its attempt where they are known, the clock otherwise.
 * @typedef {{ run?: number, attempt?: number, at: number, id: string }} Stamp
 * @typedef {{ id: number, body: unknown, url?: string, author: { login: string, id?: number } }} Comment
 * @typedef {Comment & { mark: NonNullable<ReturnType<typeof marked>> }} Ours
 * @typedef {import('./github').GitHub | import('./gitlab').GitLab} Host
 * @typedef {{ body: string, key: string, stamp: Stamp, state: string, blocks: boolean }} Mine
 * @typedef {{ action: 'created' | 'updated' | 'unchanged' | 'stale' | 'none', id?: number, url?: string, removed: number }} Done
 */

/** A lock that is held longer is one that somebody left behind, ms. */
const LEFT_BEHIND = 60_000

/** Nothing is written under a lock that was taken so long ago, ms: with the time that a request may take it is still ours. */
const FRESH = 20_000

/** Where there are no locks: how long to wait before looking whether the text still stands, ms. */
const SETTLE = 1_500

/**
 * Whether one is newer than another: below 0 where it is older.
 * @param {Stamp} a
 * @param {Stamp} b
 */
const compare = (a, b) => {
  const both = a.run !== undefined && b.run !== undefined
  const runs = both ? Number(a.run) - Number(b.run) || (a.attempt ?? 1) - (b.attempt ?? 1) : 0
  return runs || a.at - b.at || (a.id < b.id ? -1 : Number(a.id > b.id))
}

/** @param {Ours[]} ours @returns {Ours} */
const newest = (ours) => ours.reduce((best, one) => (compare(one.mark.stamp, best.mark.stamp) > 0 ? one : best))

class Placing {
  /**
   * @param {Host} host
   * @param {Mine} mine
   */
  constructor(host, mine) {
    this.host = host
    this.mine = mine
    this.removed = 0
    this.pause = 100
    /** @type {{ login: string, id?: number } | undefined} */
    this.me = undefined
  }

  /** @param {Comment} comment @returns {Ours | undefined} */
  ours(comment) {
    const mark = marked(comment.body)
    const { login, id } = comment.author
    const me = this.me
    if (!me) return undefined
    const same = me.id !== undefined && id !== undefined ? me.id === id : me.login.toLowerCase() === login.toLowerCase()
    return mark?.key === this.mine.key && same && Number.isSafeInteger(comment.id) ? { ...comment, mark } : undefined
  }

  /** Our comments, the oldest first. */
  async find() {
    this.me ??= await this.host.whoami()
    const all = (await this.host.list()).map((comment) => this.ours(comment))
    return all.filter((one) => one !== undefined).sort((a, b) => a.id - b.id)
  }

  /** @param {Done['action']} action @param {Comment} [comment] @returns {Done} */
  done(action, comment) {
    return { action, id: comment?.id, url: comment?.url, removed: this.removed }
  }

  /** @param {Ours} one */
  isMine(one) {
    return compare(one.mark.stamp, this.mine.stamp) === 0
  }

  async create() {
    // An answer that was lost: the comment may be there.
    const landed = async () => (await this.find()).find((one) => this.isMine(one))
    return this.host.create(this.mine.body, landed)
  }

  /** @param {Ours} one */
  async remove(one) {
    if (await this.host.remove(one.id)) this.removed += 1
  }

  /** Somebody else is at it. */
  async giveWay() {
    await this.host.api.wait(this.pause * (0.5 + Math.random()))
    this.pause = Math.min(this.pause * 1.5, 2_000)
  }

  /** One comment of ours, in its place, with the newest text. @returns {Promise<Done>} */
  async update() {
    /** @type {'created' | 'updated' | undefined} */
    let did
    for (;;) {
      const ours = await this.find()
      if (!ours.length) {
        // A list may lag behind what was created.
        if (did === 'created') await this.giveWay()
        else {
          await this.create()
          did = 'created'
        }
        continue
      }
      const [keep] = ours
      const best = newest(ours)
      if (ours.length === 1 && compare(best.mark.stamp, this.mine.stamp) >= 0) {
        return this.done(this.isMine(best) ? did ?? 'unchanged' : 'stale', best)
      }
      const wrote = await this.holding(keep, (since, alone) => this.write(keep, ours.length > 1, since, alone))
      if (wrote === 'again') await this.giveWay()
      else if (wrote && wrote !== 'gone') {
        did ??= 'updated'
        // Written under the lock, and there is no other: it stands.
        if (ours.length === 1 && wrote.sure) return this.done(did, wrote.comment)
      }
    }
  }

  /**
   * Does something to a comment as its lock's holder.
   * @template T
   * @param {Ours} one
   * @param {(since: number, alone: boolean) => Promise<T>} act `since`: when the lock was asked for; `alone`: not where the host has no locks
   * @returns {Promise<T | 'again' | 'gone' | undefined>} `again`: somebody else holds it; nothing where a failure was waited out
   */
  async holding(one, act) {
    const since = this.host.api.now()
    const lock = await this.host.lock(one.id)
    if (lock.is === 'gone') return 'gone'
    if (lock.is === 'held') {
      if (lock.id && lock.since > LEFT_BEHIND) await this.host.unlock(one.id, lock.id)
      return 'again'
    }
    try {
      return await act(since, lock.is === 'mine')
    } catch (error) {
      const again = /** @type {any} */ (error)?.again
      if (again === undefined) throw error
      // Not while the lock is held: others would wait too.
      await this.release(one, lock)
      await this.host.api.wait(again, () => /** @type {CommentError} */ (error))
      return undefined
    } finally {
      await this.release(one, lock)
    }
  }

  /**
   * A lock that cannot be given back is taken from us after a while: that is no reason to fail.
   * @param {Ours} keep
   * @param {{ is: string, id?: number, given?: boolean }} lock
   */
  async release(keep, lock) {
    if (lock.is !== 'mine' || lock.given || lock.id === undefined) return
    lock.given = true
    await this.host.unlock(keep.id, lock.id).catch(() => {})
  }

  /**
   * Writes the newest text into the comment that stays and deletes the others, as its lock's holder.
   * @param {Ours} keep
   * @param {boolean} several
   * @param {number} since
   * @param {boolean} alone
   * @returns {Promise<undefined | { comment: Comment, sure: boolean }>}
   */
  async write(keep, several, since, alone) {
    const read = await this.host.get(keep.id)
    const now = several ? await this.find() : [read && this.ours(read)].filter((one) => one !== undefined)
    if (now[0]?.id !== keep.id) return undefined
    const best = newest(now)
    const mineIsNewer = compare(this.mine.stamp, best.mark.stamp) > 0
    /** @type {Comment} */
    let comment = now[0]
    if (mineIsNewer || best.id !== keep.id) {
      if (this.host.api.now() - since > FRESH) return undefined
      const written = await this.host.update(keep.id, mineIsNewer ? this.mine.body : String(best.body))
      if (!written) return undefined
      comment = written
    }
    for (const other of now.slice(1)) await this.remove(other)
    if (!alone) await this.host.api.wait(SETTLE)
    return mineIsNewer ? { comment, sure: alone } : undefined
  }

  /**
   * Deletes a comment whose text is not newer than ours, as its lock's holder: another run may have written a newer one into it meanwhile. Answers
   * nothing where it is to be looked at again.
   * @param {Ours} one
   * @param {number} since
   */
  async discard(one, since) {
    const read = await this.host.get(one.id)
    const now = read && this.ours(read)
    if (!now) return 'done'
    // What is the newest is to be found out anew.
    if (compare(now.mark.stamp, this.mine.stamp) > 0 || this.host.api.now() - since > FRESH) return undefined
    if (await this.host.remove(one.id, true)) this.removed += 1
    return 'done'
  }

  /** A new comment at the end; those before it go. @returns {Promise<Done>} */
  async recreate() {
    const before = await this.find()
    if (before.length && compare(newest(before).mark.stamp, this.mine.stamp) > 0) return this.done('stale', newest(before))
    const created = before.find((one) => this.isMine(one)) ?? (await this.create())
    for (;;) {
      const ours = await this.find()
      if (!ours.length) {
        await this.giveWay()
        continue
      }
      const best = newest(ours)
      const did = []
      for (const one of ours) {
        if (one.id === best.id || compare(one.mark.stamp, this.mine.stamp) > 0) continue
        did.push(await this.holding(one, (since) => this.discard(one, since)))
      }
      if (did.includes('again') || compare(best.mark.stamp, this.mine.stamp) < 0) await this.giveWay()
      else if (!did.includes(undefined)) return this.done(this.isMine(best) ? 'created' : 'stale', best)
      if (!(await this.host.get(created.id))) return this.done('stale', best)
    }
  }

  /** @returns {Promise<Done>} */
  async append() {
    return this.done('created', await this.create())
  }

  /** In place and quietly while the verdict comes to the same; a new comment, which notifies, when it does not. */
  async onChange() {
    const before = await this.find()
    if (before.length && newest(before).mark.state !== this.mine.state) return this.recreate()
    return this.update()
  }

  /** Nothing is said as long as nothing is wrong. */
  async onFailure() {
    if (!this.mine.blocks && !(await this.find()).length) return this.done('none')
    return this.update()
  }
}

const MODES = {
  update: (/** @type {Placing} */ p) => p.update(),
  recreate: (/** @type {Placing} */ p) => p.recreate(),
  append: (/** @type {Placing} */ p) => p.append(),
  'on-change': (/** @type {Placing} */ p) => p.onChange(),
  'on-failure': (/** @type {Placing} */ p) => p.onFailure(),
}

/**
 * @param {Host} host
 * @param {Mine} mine
 * @param {keyof typeof MODES} mode
 */
const place = async (host, mine, mode) => {
  try {
    return await MODES[mode](new Placing(host, mine))
  } catch (error) {
    if (error instanceof CommentError && error.code === 'busy') {
      throw new CommentError('busy', `cannot comment on ${host.name}: ${error.message}`, { help: 'Give the job a `concurrency` group, or run this step again' })
    }
    throw error
  }
}

module.exports = { MODES, compare, place }
