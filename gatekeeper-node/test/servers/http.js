// What both servers share: JSON over HTTP on this machine, delays that open every window for a race, faults to order, a log of requests.
'use strict'

const { createHash } = require('node:crypto')
const http = require('node:http')

/** Numbers that look random and are the same in each run. */
const random = (seed) => () => {
  seed = (seed * 1664525 + 1013904223) >>> 0
  return seed / 2 ** 32
}

/** @param {(request: object, state: object) => { status: number, headers?: object, data?: unknown } | undefined} answer */
const serve = async (answer, { latency = 0, seed = 1, now = Date.now } = {}) => {
  const next = random(seed)
  const pause = () => new Promise((done) => (latency ? setTimeout(done, next() * latency) : setImmediate(done)))
  const state = { log: [], faults: [], latency }
  const server = http.createServer((incoming, outgoing) => {
    const parts = []
    incoming.on('data', (part) => parts.push(part))
    incoming.on('end', async () => {
      const url = new URL(incoming.url, 'http://localhost')
      const text = Buffer.concat(parts).toString('utf8')
      const request = {
        method: incoming.method, path: url.pathname, query: Object.fromEntries(url.searchParams), headers: incoming.headers,
        body: text ? JSON.parse(text) : undefined, origin: `http://${incoming.headers.host}`,
      }
      await pause()
      state.log.push(request)
      // A fault answers before or after the request had its effect; `drop` breaks the connection.
      const at = state.faults.findIndex((fault) => fault.on(request))
      const fault = at < 0 ? undefined : state.faults[at]
      if (fault && !fault.forever) state.faults.splice(at, 1)
      if (fault?.before) fault.before(request)
      let done = !fault || fault.after || fault.meddles ? answer(request) : undefined
      if (fault?.meddles) fault.meddles(request, done)
      else if (fault) done = fault
      await pause()
      if (fault?.drop) return incoming.socket.destroy()
      const body = done.data === undefined ? '' : JSON.stringify(done.data)
      const headers = { date: new Date(now()).toUTCString(), 'content-type': 'application/json; charset=utf-8', ...done.headers }
      if (request.method === 'GET' && done.status === 200) {
        headers.etag = `W/"${createHash('sha256').update(body + (headers.link ?? '')).digest('hex')}"`
        if (request.headers['if-none-match'] === headers.etag) {
          done.unspent?.()
          outgoing.writeHead(304, { date: headers.date, etag: headers.etag })
          return outgoing.end()
        }
      }
      outgoing.writeHead(done.status, headers)
      outgoing.end(body)
    })
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  state.url = `http://127.0.0.1:${server.address().port}`
  state.close = () => new Promise((done) => {
    server.closeAllConnections()
    server.close(done)
  })
  return state
}

module.exports = { random, serve }
