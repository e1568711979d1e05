// A small GitLab: a merge request's notes with award emoji, statuses, quick actions, pages by `Link` or by `x-next-page` alone.
'use strict'

const { serve } = require('./http.js')

const ACCOUNTS = {
  project: { username: 'project_7_bot', id: 71 },
  person: { username: 'ada', id: 5 },
}

const gitlab = async ({ links = true, ...options } = {}) => {
  let serial = 500
  const lab = { notes: new Map(), awards: new Map(), statuses: [], actions: [], iid: 3, project: 'group/app', sha: 'b'.repeat(40) }
  const now = () => new Date().toISOString()
  lab.add = (account, body, more = {}) => {
    const id = serial++
    lab.notes.set(id, { id, body, author: { ...account }, system: false, created_at: now(), updated_at: now(), ...more })
    return id
  }
  lab.all = () => [...lab.notes.values()]
  // A line that begins with a slash is a command, and goes.
  const actions = (text) => text.split('\n').filter((line) => {
    const action = /^\s*\/([a-z_]+)/.exec(line)
    if (action) lab.actions.push(action[1])
    return !action
  }).join('\n')
  const answer = (request) => {
    const me = ACCOUNTS[request.headers['private-token']]
    if (!me) return { status: 401, data: { message: '401 Unauthorized' } }
    if (request.path === '/api/v4/user') return { status: 200, data: me }
    const base = `/api/v4/projects/${encodeURIComponent(lab.project)}`
    if (!request.path.startsWith(`${base}/`)) return { status: 404, data: { message: '404 Project Not Found' } }
    const rest = request.path.slice(base.length)
    const status = /^\/statuses\/([0-9a-f]+)$/.exec(rest)
    if (status) {
      if (!['pending', 'running', 'success', 'failed', 'canceled'].includes(request.body.state)) return { status: 400, data: { error: 'state does not have a valid value' } }
      const last = lab.statuses.filter((one) => one.name === request.body.name).at(-1)
      if (last?.state === request.body.state) return { status: 400, data: { message: `Cannot transition status via :${request.body.state === 'failed' ? 'drop' : 'succeed'} from :${last.state}` } }
      lab.statuses.push({ sha: status[1], ...request.body })
      return { status: 201, data: {} }
    }
    if (rest === `/merge_requests/${lab.iid}`) return { status: 200, data: { iid: lab.iid, sha: lab.sha } }
    const notes = new RegExp(`^/merge_requests/${lab.iid}/notes(?:/(\\d+)(/award_emoji(?:/(\\d+))?)?)?$`).exec(rest)
    if (!notes) return { status: 404, data: { message: '404 Not found' } }
    const [, id, emoji, award] = notes.map((word) => (/^\d+$/.test(word) ? Number(word) : word))
    if (id === undefined && request.method === 'GET') {
      const size = Math.min(Number(request.query.per_page ?? 20), 100)
      const page = Number(request.query.page ?? 1)
      const all = lab.all().sort((a, b) => (request.query.sort === 'asc' ? a.id - b.id : b.id - a.id))
      const more = page * size < all.length
      const url = `https://gitlab.example${request.path}?${new URLSearchParams({ ...request.query, page: page + 1 })}`
      const headers = { 'x-next-page': more ? String(page + 1) : '', ...(links && more ? { link: `<${url}>; rel="next", <${url}>; rel="last"` } : {}) }
      return { status: 200, headers, data: all.slice((page - 1) * size, page * size) }
    }
    if (id === undefined) {
      const body = actions(request.body.body)
      return body.trim() ? { status: 201, data: lab.notes.get(lab.add(me, body)) } : { status: 400, data: { message: '400 Bad request - Note body is empty' } }
    }
    const note = lab.notes.get(id)
    if (!note) return { status: 404, data: { message: '404 Not found' } }
    if (emoji) {
      const given = lab.awards.get(id) ?? lab.awards.set(id, []).get(id)
      if (request.method === 'GET') return { status: 200, data: given }
      if (request.method === 'DELETE') {
        const at = given.findIndex((one) => one.id === award && one.user.id === me.id)
        if (at < 0) return { status: 404, data: { message: '404 Award Emoji Not Found' } }
        given.splice(at, 1)
        return { status: 204 }
      }
      if (given.some((one) => one.name === request.body.name && one.user.id === me.id)) return { status: 404, data: { message: '404 Award Emoji Name has already been taken Not Found' } }
      given.push({ id: serial++, name: request.body.name, user: me, created_at: now() })
      return { status: 201, data: given.at(-1) }
    }
    if (request.method === 'GET') return { status: 200, data: note }
    if (note.author.id !== me.id) return { status: 403, data: { message: '403 Forbidden' } }
    if (request.method === 'DELETE') {
      lab.notes.delete(id)
      return { status: 204 }
    }
    Object.assign(note, { body: actions(request.body.body), updated_at: now() })
    return { status: 200, data: note }
  }
  return Object.assign(lab, await serve(answer, options))
}

module.exports = { ACCOUNTS, gitlab }
