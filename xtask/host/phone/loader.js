// Loads the mini program's modules as its logic layer does: CommonJS,
// npm packages from miniprogram_npm.
import { PROVIDED } from './scope.mjs'

const factories = {}
const cache = {}

/** Called by each script of the code package. */
export function define(path, factory) {
  factories[path] = factory
}

function normalize(path) {
  const parts = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part && part !== '.') parts.push(part)
  }
  return parts.join('/')
}

const folderOf = (path) => path.split('/').slice(0, -1).join('/')

function candidates(request, from) {
  if (/^\.{0,2}\//.test(request)) {
    const path = normalize(request[0] === '/' ? request : `${folderOf(from)}/${request}`)
    return [path, `${path}.js`, `${path}/index.js`]
  }
  const found = []
  for (let folder = folderOf(from); ; folder = folderOf(folder)) {
    const path = normalize(`${folder}/miniprogram_npm/${request}`)
    found.push(`${path}.js`, `${path}/index.js`, path)
    if (!folder) return found
  }
}

function resolve(request, from) {
  const hit = candidates(request, from).find((path) => path in factories)
  if (!hit) throw new Error(`module '${request}' is not defined, required in ${from}`)
  return hit
}

/** Runs a module once; `scope` holds the names it may use besides require, module and exports. */
export function load(path, scope) {
  if (cache[path]) return cache[path].exports
  if (!factories[path]) throw new Error(`${path} is not in the code package`)
  const module = (cache[path] = { exports: {} })
  const provided = { ...scope, require: (request) => load(resolve(request, path), scope), module, exports: module.exports }
  factories[path].apply(undefined, PROVIDED.map((name) => provided[name]))
  return module.exports
}
