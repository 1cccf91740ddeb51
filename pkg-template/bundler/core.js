// @ts-check
// What every bundler is to do: it leaves out what no import names, and WeChat loads the module by its
// path in the mini program.
'use strict'
const fs = require('fs')
const path = require('path')

const NAME = 'miniprogram-login'
const FILE = 'miniprogram_login.wasm.br'
/** Where the module lies when nothing says otherwise. */
const HOME = `miniprogram_npm/${NAME}/${FILE}`

const PACKAGE = path.dirname(__dirname)
/** The module, as it is published. */
const MODULE = path.join(PACKAGE, 'miniprogram_dist', FILE)
/** @returns {{name?: string, version?: string}} the package.json of a directory; nothing where there is none */
function manifest(dir) {
  const file = path.join(dir, 'package.json')
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {}
}

/** The variables by which frameworks tell what they build for, and their names of WeChat. */
const TARGETS = { TARO_ENV: 'weapp', UNI_PLATFORM: 'mp-weixin', MPX_CURRENT_TARGET_MODE: 'wx' }

class Helper {
  constructor(options) {
    const { subpackage = '', ...unknown } = options || {}
    for (const name in unknown) throw new TypeError(`${NAME}/bundler: there is no option ${name}`)
    if (typeof subpackage !== 'string') throw new TypeError(`${NAME}/bundler: option subpackage should be a string, the root of the subpackage`)
    const root = subpackage.replace(/^[./]+|\/+$/g, '')
    /** Where the module goes in the output. */
    this.to = root ? `${root}/${HOME}` : HOME
    /** Whether this build is one for another platform, where nothing of this is of use. */
    this.idle = Object.keys(TARGETS).some(name => process.env[name] && process.env[name] !== TARGETS[name])
  }

  read() { return fs.readFileSync(MODULE) }

  /** @returns {string | undefined} the directory of the package, of this or another copy, that a file is one of */
  owner(file) {
    const found = /^(.*)[\\/](?:esm|miniprogram_dist)[\\/][^\\/]+\.js(?:\?.*)?$/.exec(file)
    if (found && manifest(found[1]).name === NAME) return found[1]
  }

  /** @returns {string} the code of such a file, with the path of the module where it will be */
  code(owner, code) {
    // Glue and module only fit together when they are of one build.
    const [own, other] = [PACKAGE, owner].map(dir => manifest(dir).version)
    if (own !== other) throw new Error(`${NAME}/bundler is of version ${own}, and the code in ${owner} of ${other}: install one version for both`)
    return code.split('/' + HOME).join('/' + this.to)
  }

  /** @returns {string | undefined} what to say if this is asked for by an import */
  refusal(request) {
    if (/miniprogram_login\.wasm(\.br)?(\?.*)?$/.test(request)) return `${NAME}: ${request} can't be imported. WeChat loads the module by its path in the mini program, not from a URL or a data URL. Remove the import, and the option wasmPath with it: ${NAME}/bundler has copied the module to /${this.to}, where it is looked for`
  }
}

module.exports = { Helper, MODULE, NAME }
