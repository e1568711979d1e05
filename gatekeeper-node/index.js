// The package: looks at argument types, so that mistakes are named, and parses the native half's JSON text.
'use strict'

const native = require('./native.js')

class GatekeeperError extends Error {
  constructor(refusal) {
    super(refusal.message)
    this.name = 'GatekeeperError'
    for (const key of ['code', 'file', 'line', 'column', 'problems', 'rendered']) {
      if (refusal[key] !== null) this[key] = refusal[key]
    }
  }
}

const wrong = (name, expected, value) => {
  const got = value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value
  throw new TypeError(`${name}: expected ${expected}, got ${got}`)
}

const string = (name, value) => (typeof value === 'string' ? value : wrong(name, 'a string', value))
const boolean = (name, value) => (typeof value === 'boolean' ? value : wrong(name, 'a boolean', value))
const bytes = (name, value) =>
  Number.isSafeInteger(value) && value >= 0 ? value : wrong(name, 'a whole number of bytes', value)
const strings = (name, value) => {
  if (typeof value === 'string') return [value]
  if (!Array.isArray(value)) wrong(name, 'a string or an array of strings', value)
  value.forEach((item, n) => string(`${name}[${n}]`, item))
  return value
}
const time = (name, value) => (value instanceof Date ? value.toISOString() : string(name, value))

// The keys of a rule: names, or names with what each takes.
const declared = (name, keys) => {
  if (keys === undefined) return []
  if (Array.isArray(keys)) return ['keys', ...keys.flatMap((key, n) => [string(`${name}[${n}]`, key), ''])]
  if (typeof keys !== 'object' || keys === null) wrong(name, 'an array of names, or an object', keys)
  return ['keys', ...Object.entries(keys).flatMap(([key, takes]) => [key, takes == null ? '' : string(`${name}.${key}`, takes)])]
}

// Rules: a function each, or a function with the kind of evidence that it takes.
const ruleSet = (name, value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) wrong(name, 'an object of functions', value)
  return Object.entries(value).map(([id, given]) => {
    const rule = typeof given === 'function' ? { judge: given } : given
    if (typeof rule?.judge !== 'function') wrong(`${name}.${id}`, 'a function, or { kind, judge } with a function', given)
    for (const key of Object.keys(rule)) {
      if (!['kind', 'keys', 'judge'].includes(key)) throw new TypeError(`${name}.${id}: there is no \`${key}\`; there are kind, keys, judge`)
    }
    const kind = rule.kind === undefined ? '' : string(`${name}.${id}.kind`, rule.kind)
    return { head: [id, kind, ...declared(`${name}.${id}.keys`, rule.keys)], judge: rule.judge }
  })
}

// What JSON has no word for would be dropped, or become null, which passes.
const strict = (_, value) => {
  if (['function', 'symbol'].includes(typeof value) || (typeof value === 'number' && !Number.isFinite(value))) {
    throw new TypeError(`its answer cannot hold ${String(value)}`)
  }
  return value
}

// The engine's questions are answered here: rule, evidence and configuration in, the answer as JSON text out.
const asked = (rules) => (id, evidence, config) => {
  const answer = rules.find((rule) => rule.head[0] === id).judge(JSON.parse(evidence), JSON.parse(config))
  if (typeof answer?.then === 'function') {
    answer.then(undefined, () => {})
    throw new TypeError('it answered a promise; a rule answers at once')
  }
  return JSON.stringify(answer ?? null, strict)
}

// Everything that is thrown becomes an Error without a name of its own: the native half takes either its message or the whole as words.
const answering = (rules) => {
  const answer = asked(rules)
  return (...question) => {
    try {
      return answer(...question)
    } catch (error) {
      throw Object.assign(new Error(String(error)), { name: '' })
    }
  }
}

// Options for the native half, and who answers for their rules.
const checking = (given) => {
  const o = options(CHECK, given)
  if (!o.rules?.length) return [{ ...o, rules: undefined }]
  return [{ ...o, rules: o.rules.map((rule) => rule.head) }, answering(o.rules)]
}

const CHECK = {
  paths: strings, config: string, root: string, profile: string, now: time, maxBytes: bytes, failOnWarn: boolean, diff: string, commit: string,
  tree: string, changed: strings, allowEmpty: boolean, tag: string, branch: string, author: string, since: time, baseline: string,
  history: strings, rules: ruleSet,
}
const VERIFY = { commit: string, tree: string, config: string, evidence: string }
const INSPECT = { readAs: string, validate: boolean, maxBytes: bytes }

// An option that is not known is a mistake: a misspelt `failOnWarn` must not quietly do nothing.
const options = (known, given) => {
  if (given === undefined) return {}
  if (typeof given !== 'object' || given === null || Array.isArray(given)) wrong('options', 'an object', given)
  const out = {}
  for (const [key, value] of Object.entries(given)) {
    if (!Object.hasOwn(known, key)) {
      throw new TypeError(`options: there is no option \`${key}\`; there are ${Object.keys(known).join(', ')}`)
    }
    if (value !== undefined && value !== null) out[key] = known[key](`options.${key}`, value)
  }
  return out
}

// The one place where the native half's refusals become errors with properties.
const failure = (error) => {
  try {
    return new GatekeeperError(JSON.parse(error.message))
  } catch {
    return error
  }
}
const now = (work) => {
  try {
    return JSON.parse(work())
  } catch (error) {
    throw failure(error)
  }
}
const later = async (work) => {
  try {
    return JSON.parse(await work())
  } catch (error) {
    throw failure(error)
  }
}

// A verdict that was kept, as its text: JavaScript's numbers are fewer than JSON's, so that a text goes through as it is.
const kept = (name, verdict) => (typeof verdict === 'string' ? verdict : JSON.stringify(verdict) ?? wrong(name, 'a verdict or its JSON text', verdict))

const named = (wanted) => (texts) => Object.fromEntries(wanted.map((name, n) => [name, texts[n]]))

// One assignment each: Node finds the names of a CommonJS module by reading it, so that `import { check } from 'gatekeeper-rs'` works too.
exports.GatekeeperError = GatekeeperError
exports.__napiBindingTarget = native.__napiBindingTarget
exports.check = (given) => {
  const o = checking(given)
  return now(() => native.check(...o))
}
exports.snapshot = (given) => {
  const o = checking(given)
  return now(() => native.snapshot(...o))
}
exports.checkAsync = async (given) => {
  const o = checking(given)
  return later(() => native.checkAsync(...o))
}
exports.checkRendered = (outputs, given) => {
  const wanted = strings('outputs', outputs)
  const o = checking(given)
  return named(wanted)(now(() => native.checkRendered(wanted, ...o)))
}
exports.checkRenderedAsync = async (outputs, given) => {
  const wanted = strings('outputs', outputs)
  const o = checking(given)
  return later(() => native.checkRenderedAsync(wanted, ...o)).then(named(wanted))
}
exports.inspect = (files, given) => {
  const paths = strings('files', files)
  const o = options(INSPECT, given)
  return now(() => native.inspect(paths, o))
}
exports.inspectAsync = async (files, given) => {
  const paths = strings('files', files)
  const o = options(INSPECT, given)
  return later(() => native.inspectAsync(paths, o))
}
exports.inspectBytes = (name, data, given) => {
  string('name', name)
  if (!(data instanceof Uint8Array)) wrong('data', 'a Buffer or Uint8Array', data)
  const o = options(INSPECT, given)
  return now(() => native.inspectBytes(name, Buffer.from(data.buffer, data.byteOffset, data.byteLength), o))
}
exports.verify = (verdict, given) => {
  const text = kept('verdict', verdict)
  const o = options(VERIFY, given)
  return now(() => native.verify(text, o))
}
exports.diff = (before, after) => {
  const texts = [kept('before', before), kept('after', after)]
  return now(() => native.diff(...texts))
}
exports.render = (outputs, verdict) => {
  const wanted = strings('outputs', outputs)
  return named(wanted)(now(() => native.render(wanted, kept('verdict', verdict))))
}
exports.rollout = (verdict, current, config) => {
  const share = typeof current === 'number' ? String(current) : string('current', current)
  const policy = config === undefined ? undefined : string('config', config)
  return now(() => native.rollout(kept('verdict', verdict), share, policy))
}
exports.formats = () => now(() => native.formats())
exports.rules = () => now(() => native.rules())
exports.main = (argv) => {
  if (!Array.isArray(argv)) wrong('argv', 'an array of strings', argv)
  return native.main(strings('argv', argv))
}
