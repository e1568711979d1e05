// Notes and commit statuses on GitLab.
'use strict'

const { Api, address, overFetch, printable } = require('./api.js')
const { usage } = require('./error.js')
const { withoutQuickActions } = require('./text.js')

/** Most characters of a note. */
const LIMIT = 1_000_000

/**
 * @param {import('./api').Answer} answer
 * @returns {{ code: import('./index').CommentErrorCode, help?: string }}
 */
const explain = ({ status }) => {
  if (status === 401) {
    return { code: 'unauthorised', help: 'The token is wrong or expired. CI_JOB_TOKEN may not write notes: use a project access token with the scope `api`' }
  }
  if (status === 403) {
    return { code: 'forbidden', help: 'The token may not do that: it needs the scope `api` and the role Reporter (Developer for commit statuses); or the discussion is locked' }
  }
  if (status === 404) {
    return { code: 'not-found', help: 'Either it does not exist, or the token may not see it: check project, number and scope' }
  }
  if (status === 410) return { code: 'gone' }
  if (status === 400 || status === 422) return { code: 'invalid', help: 'GitLab does not take this: check the number, the commit and what is asked for' }
  return { code: 'unavailable' }
}

/** @param {import('./index').GitLabTarget & import('./index').Patience} o */
const apiOf = (o) => {
  const base = address('gitlab.baseUrl', o.baseUrl ?? 'https://gitlab.com').replace(/\/api\/v4$/, '')
  const transport = overFetch(`${base}/api/v4`, { 'private-token': printable('gitlab.token', o.token), 'user-agent': 'gatekeeper-rs' })
  return new Api({ transport, explain, name: 'GitLab', patience: o.patience, sleep: o.sleep, now: o.now })
}

/** @param {unknown} id */
const projectOf = (id) => {
  const text = typeof id === 'number' && Number.isSafeInteger(id) ? String(id) : id
  if (typeof text !== 'string' || !/^[\w.+-]+(?:\/[\w.+-]+)*$/.test(text) || text.length > 500) {
    usage('gitlab.projectId: expected the number of a project, or its path (group/project)')
  }
  return { at: `/projects/${encodeURIComponent(text)}`, name: text }
}

/** A merge request's notes. */
class GitLab {
  /** @param {import('./index').GitLabTarget & { mergeRequestIid: number, author?: string } & import('./index').Patience} o */
  constructor(o) {
    this.api = apiOf(o)
    const { at, name } = projectOf(o.projectId)
    if (!Number.isSafeInteger(o.mergeRequestIid) || o.mergeRequestIid < 1) usage('gitlab.mergeRequestIid: expected the number of a merge request')
    this.at = `${at}/merge_requests/${o.mergeRequestIid}`
    this.name = `${name}!${o.mergeRequestIid}`
    this.author = o.author
    this.limit = LIMIT
    this.finish = withoutQuickActions
    /** @type {{ login: string, id?: number } | undefined} */
    this.me = undefined
  }

  async whoami() {
    if (this.author !== undefined) return { login: this.author }
    const { data } = await this.api.ask({ method: 'GET', path: '/user' }, { doing: 'find out whose the token is' })
    this.me = { login: String(data?.username), id: data?.id }
    return this.me
  }

  /** @param {any} raw */
  read(raw) {
    return { id: raw?.id, body: raw?.body, url: undefined, author: { login: String(raw?.author?.username ?? ''), id: raw?.author?.id } }
  }

  async list() {
    const found = await this.api.all(`${this.at}/notes`, { sort: 'asc', order_by: 'created_at' }, `list the notes of ${this.name}`)
    return found.filter((note) => note?.system !== true).map(this.read)
  }

  /** @param {number} id */
  async get(id) {
    const answer = await this.api.ask({ method: 'GET', path: `${this.at}/notes/${id}` }, { doing: `read a note of ${this.name}`, also: [404] })
    return answer.status === 200 ? this.read(answer.data) : undefined
  }

  /**
   * @param {string} body
   * @param {() => Promise<any>} landed
   */
  async create(body, landed) {
    const { data } = await this.api.ask({ method: 'POST', path: `${this.at}/notes`, body: { body } }, { doing: `comment on ${this.name}`, landed })
    return typeof data.author?.login === 'string' ? data : this.read(data)
  }

  /**
   * @param {number} id
   * @param {string} body
   */
  async update(id, body) {
    const answer = await this.api.ask(
      { method: 'PUT', path: `${this.at}/notes/${id}`, body: { body } }, { doing: `update a note of ${this.name}`, once: true, also: [404] })
    return answer.status === 404 ? undefined : this.read(answer.data)
  }

  /**
   * @param {number} id
   * @param {boolean} [once]
   */
  async remove(id, once) {
    const { status } = await this.api.ask({ method: 'DELETE', path: `${this.at}/notes/${id}` }, { doing: `delete a note of ${this.name}`, once, also: [404] })
    return status < 300
  }

  /**
   * As on GitHub: an emoji is given once per account, and a second one is refused with 404.
   * @param {number} id
   * @returns {Promise<{ is: 'mine' | 'held', id: number, since: number } | { is: 'gone' | 'none' }>}
   */
  async lock(id) {
    const path = `${this.at}/notes/${id}/award_emoji`
    const doing = `react to a note of ${this.name}`
    const answer = await this.api.ask({ method: 'POST', path, body: { name: 'eyes' } }, { doing, also: [400, 403, 404, 422] })
    if (answer.status < 300) return { is: 'mine', id: answer.data?.id, since: 0 }
    if (!/already been taken/i.test(JSON.stringify(answer.data ?? ''))) return { is: answer.status === 404 ? 'gone' : 'none' }
    const me = this.me ?? (await this.whoami())
    const given = await this.api.all(path, {}, doing)
    const eyes = given.find((award) => award?.name === 'eyes' && (me.id === undefined ? award?.user?.username === me.login : award?.user?.id === me.id))
    const now = Date.parse(answer.headers.date ?? '') || this.api.now()
    return { is: 'held', id: eyes?.id ?? 0, since: eyes ? now - Date.parse(eyes.created_at) : 0 }
  }

  /**
   * @param {number} id
   * @param {number} lock
   */
  async unlock(id, lock) {
    await this.api.ask({ method: 'DELETE', path: `${this.at}/notes/${id}/award_emoji/${lock}` }, { doing: `take back a reaction on ${this.name}`, also: [403, 404] })
  }

  async heads() {
    const { data } = await this.api.ask({ method: 'GET', path: this.at }, { doing: `read ${this.name}` })
    return [data?.sha, data?.merge_commit_sha].filter((sha) => typeof sha === 'string')
  }
}

module.exports = { GitLab, apiOf, projectOf }
