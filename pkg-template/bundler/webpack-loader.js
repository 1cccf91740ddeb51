// @ts-check
'use strict'
const { Helper } = require('./core.js')

/** Runs over the package's own files. */
module.exports = function (code) {
  const helper = new Helper(this.getOptions())
  return helper.code(helper.owner(this.resourcePath), code)
}
