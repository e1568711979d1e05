// Why nothing was posted, as an error with a stable code and the next step.
'use strict'

class CommentError extends Error {
  /**
   * @param {import('./index').CommentErrorCode} code
   * @param {string} message
   * @param {{ help?: string, status?: number, cause?: unknown }} [more]
   */
  constructor(code, message, { help, status, cause } = {}) {
    super(help ? `${message}. ${help}` : message, cause === undefined ? undefined : { cause })
    this.name = 'CommentError'
    this.code = code
    this.help = help
    this.status = status
  }
}

/** @param {string} message @returns {never} */
const usage = (message) => {
  throw new CommentError('usage', message)
}

module.exports = { CommentError, usage }
