// Requests to GitHub's and GitLab's REST APIs: through Octokit or `fetch`, tried again where that helps, refusals explained.
'use strict'

const { CommentError, usage } = require('./error.js')
const { line } = require('./text.js')

/** How often something that may pass by itself (5xx, a broken connection) is tried. */
const TRIES = 6

/** No list that is read has more pages: GitHub takes 2,500 comments on an issue. */
const PAGES = 500

/** A request that takes longer is given up. */
const TIMEOUT = 20_000

/**
 * @typedef {{ status: number, headers: Record<string, string>, data: any }} Answer
 * @typedef {{ method: string, path: string, query?: Record<string, string>, body?: object, headers?: Record<string, string> }} Question
 * @typedef {(question: Question) => Promise<Answer>} Transport
 * @typedef {{ doing: string, landed?: () => Promise<any>, once?: boolean, also?: number[] }} Manner
 */

/** @param {Record<string, string> | undefined} query */
const search = (query) => (query && Object.keys(query).length ? `?${new URLSearchParams(query)}` : '')

/**
 * The text of a token or an address, which goes into headers and requests.
 * @param {string} name
 * @param {unknown} value
 */
const printable = (name, value) => {
  if (typeof value !== 'string' || !/^[\x21-\x7e]{1,2000}$/.test(value)) usage(`${name}: expected text without blanks`)
  return value
}

/**
 * @param {string} name
 * @param {unknown} value
 */
const address = (name, value) => {
  const text = printable(name, value)
  const url = tryUrl(text)
  // A test's or a proxy's server on this machine speaks plain HTTP.
  const plain = url?.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (!url || (url.protocol !== 'https:' && !plain)) usage(`${name}: expected an https:// address, found "${line(text, 80)}"`)
  return text.replace(/\/+$/, '')
}

/** @param {string} text */
const tryUrl = (text) => {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

/**
 * @param {string} base
 * @param {Record<string, string>} own
 * @returns {Transport}
 */
const overFetch = (base, own) => async ({ method, path, query, body, headers }) => {
  const response = await fetch(`${path === '/graphql' ? base.replace(/\/v3$/, '') : base}${path}${search(query)}`, {
    method,
    headers: { ...own, ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT),
  })
  const text = await response.text()
  let data
  try {
    data = text ? JSON.parse(text) : undefined
  } catch {
    data = undefined
  }
  return { status: response.status, headers: Object.fromEntries(response.headers), data }
}

/**
 * @param {import('./index').OctokitLike} octokit
 * @returns {Transport}
 */
const overOctokit = (octokit) => async ({ method, path, query, body, headers }) => {
  const base = octokit.request.endpoint?.DEFAULTS?.baseUrl
  // GitHub Enterprise Server answers REST below /api/v3 and GraphQL beside it.
  const url = path === '/graphql' && base ? `${base.replace(/\/v3\/?$/, '').replace(/\/$/, '')}/graphql` : `${path}${search(query)}`
  try {
    const { status, headers: got, data } = await octokit.request({
      method,
      url,
      headers: headers ?? {},
      ...(body ? { data: body } : {}),
      // Trying again is done here, where it is known what a request did: not by a plugin as well.
      request: { retries: 0, signal: AbortSignal.timeout(TIMEOUT) },
    })
    return { status, headers: lower(got), data }
  } catch (error) {
    const answer = /** @type {any} */ (error)?.response
    if (!answer?.status && /** @type {any} */ (error)?.status !== 304) throw error
    return { status: answer?.status ?? 304, headers: lower(answer?.headers), data: answer?.data }
  }
}

/** @param {Record<string, unknown> | undefined} headers */
const lower = (headers) =>
  Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]))

class Api {
  /**
   * @param {{ transport: Transport, explain: (answer: Answer) => { code: import('./index').CommentErrorCode, help?: string }, name: string,
   *   patience?: number, sleep?: (ms: number) => Promise<unknown>, now?: () => number }} how
   */
  constructor({ transport, explain, name, patience = 180_000, sleep, now }) {
    this.transport = transport
    this.explain = explain
    this.name = name
    this.left = patience
    this.sleep = sleep ?? ((ms) => new Promise((done) => setTimeout(done, ms)))
    this.now = now ?? Date.now
    /** @type {Map<string, Answer>} What was read before, by address: it costs no quota to ask whether it is still so. */
    this.known = new Map()
  }

  /**
   * Waits, as long as there is patience left.
   * @param {number} ms
   * @param {() => CommentError} [otherwise]
   */
  async wait(ms, otherwise) {
    if (ms > this.left) throw otherwise?.() ?? new CommentError('busy', `other runs kept writing for too long`)
    this.left -= ms
    await this.sleep(ms)
  }

  /**
   * @param {Question} question
   * @param {Manner} manner
   * @returns {Promise<Answer>}
   */
  async ask(question, { doing, landed, once, also = [] }) {
    for (let tries = 1; ; tries += 1) {
      const key = question.method === 'GET' ? `${question.path}${search(question.query)}` : ''
      const before = this.known.get(key)
      const headers = { ...question.headers, ...(before?.headers.etag ? { 'if-none-match': before.headers.etag } : {}) }
      /** @type {Answer | undefined} */
      let answer
      /** @type {unknown} */
      let cause
      try {
        answer = await this.transport({ ...question, headers })
      } catch (error) {
        cause = error
      }
      if (answer?.status === 304 && before) return before
      // A limit that was reached says nothing of what was asked.
      const limited = answer && this.limited(answer, tries)
      if (answer && limited === undefined && (answer.status < 300 || also.includes(answer.status))) {
        if (key && answer.status === 200) this.known.set(key, answer)
        return answer
      }
      const passing = !answer || answer.status >= 500
      if (!passing && limited === undefined) throw this.refusal(doing, /** @type {Answer} */ (answer))
      const error = () =>
        answer ? this.refusal(doing, answer, limited) : new CommentError('unavailable', `cannot ${doing}: ${this.name} does not answer (${reason(cause)})`, { cause })
      // What was asked may have been done although no answer said so.
      if (passing && landed) {
        const done = await landed()
        if (done) return { status: 201, headers: {}, data: done }
      }
      const pause = limited ?? (0.5 + Math.random()) * 500 * 2 ** tries
      if (once) throw Object.assign(error(), { again: pause })
      if (passing && tries >= TRIES) throw error()
      await this.wait(pause, error)
    }
  }

  /**
   * How long to wait where a limit was reached; undefined where none was.
   * @param {Answer} answer
   * @param {number} tries
   */
  limited({ status, headers, data }, tries) {
    const after = headers['retry-after']
    const spent = (headers['x-ratelimit-remaining'] ?? headers['ratelimit-remaining']) === '0'
    const words = /secondary rate limit|abuse detection|rate limit exceeded/i.test(String(data?.message ?? ''))
    if (status !== 429 && !(status === 403 && (after || spent || words))) return undefined
    if (after) {
      const seconds = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - this.now()
      return Number.isFinite(seconds) ? Math.max(seconds, 1000) : 60_000
    }
    const reset = Number(headers['x-ratelimit-reset'] ?? headers['ratelimit-reset'])
    if (spent && Number.isFinite(reset)) return Math.max(reset * 1000 - this.now(), 0) + 1000
    return 60_000 * 2 ** (tries - 1)
  }

  /**
   * @param {string} doing
   * @param {Answer} answer
   * @param {number} [limited]
   */
  refusal(doing, answer, limited) {
    const said = line(words(answer.data), 300)
    const what = `cannot ${doing}: ${this.name} answers ${answer.status}${said ? ` (${said})` : ''}`
    if (limited !== undefined) {
      const until = new Date(this.now() + limited).toISOString().replace(/\.\d+Z$/, 'Z')
      return new CommentError('rate-limited', what, { status: answer.status, help: `The rate limit is used up until ${until}: run this step again then` })
    }
    if (answer.status >= 500) return new CommentError('unavailable', what, { status: answer.status, help: 'Run this step again' })
    const { code, help } = this.explain(answer)
    return new CommentError(code, what, { status: answer.status, help })
  }

  /**
   * Every page of a list.
   * @param {string} path
   * @param {Record<string, string>} query
   * @param {string} doing
   * @param {(data: any) => any[]} [items]
   */
  async all(path, query, doing, items = (data) => data) {
    const found = []
    let next = /** @type {Record<string, string> | undefined} */ ({ per_page: '100', ...query })
    for (let page = 0; next; page += 1) {
      if (page === PAGES) throw new CommentError('unavailable', `cannot ${doing}: there are more than ${PAGES} pages`)
      const answer = await this.ask({ method: 'GET', path, query: next }, { doing })
      const some = items(answer.data)
      if (!Array.isArray(some)) throw new CommentError('unavailable', `cannot ${doing}: ${this.name} answers with something else than a list`)
      found.push(...some)
      next = following(next, answer.headers)
    }
    return found
  }
}

/**
 * The query of the next page. Only that is taken from the link: the token goes nowhere but to the host that was named.
 * @param {Record<string, string>} query
 * @param {Record<string, string>} headers
 */
const following = (query, headers) => {
  const url = /<([^<>]*)>\s*;[^,]*\brel="?next"?/.exec(headers.link ?? '')?.[1]
  if (url) return { ...query, ...Object.fromEntries(new URL(url, 'https://localhost').searchParams) }
  return headers['x-next-page'] ? { ...query, page: headers['x-next-page'] } : undefined
}

/** @param {any} data */
const words = (data) => {
  const message = data?.message ?? data?.error ?? ''
  const errors = Array.isArray(data?.errors) ? data.errors.map((/** @type {any} */ e) => e?.message ?? e?.code ?? e) : []
  return [message, ...errors].map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).filter(Boolean).join(': ')
}

/** @param {any} error */
const reason = (error) => line(String(error?.cause?.message || error?.message || error), 200)

module.exports = { Api, address, overFetch, overOctokit, printable }
