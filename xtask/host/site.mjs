// usage: node site.mjs COMPILED SITE APPID : makes the web page that runs a compiled mini program.
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import zlib from 'node:zlib'
import esbuild from 'esbuild'
import { HIDDEN, PROVIDED } from './phone/scope.mjs'

const { TmplGroup } = createRequire(import.meta.url)('glass-easel-template-compiler')
const TAGS = ['view', 'text', 'button', 'input', 'progress', 'scroll-view', 'image', 'block', 'slot', 'template', 'import', 'include', 'wxs']

const here = path.dirname(fileURLToPath(import.meta.url))
const [compiled, site, appId] = process.argv.slice(2)
const has = (name) => fs.existsSync(path.join(compiled, name))
const read = (name) => fs.readFileSync(path.join(compiled, name), 'utf8')
const json = (name) => (has(name) ? JSON.parse(read(name)) : {})
const write = (name, content) => {
  const file = path.join(site, name)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, content)
}

const app = json('app.json')
for (const { root, pages } of app.subPackages ?? []) app.pages.push(...pages.map((page) => path.posix.join(root, page)))

/** Pages and every component they use, with their JSON. */
function collect() {
  const components = {}
  const add = (name) => {
    if (components[name]) return
    const config = json(`${name}.json`)
    const own = { ...app.usingComponents, ...config.usingComponents }
    const usingComponents = Object.fromEntries(Object.entries(own).map(([tag, target]) =>
      [tag, path.posix.resolve('/', path.posix.dirname(name), target)]))
    components[name] = { ...config, usingComponents }
    Object.values(usingComponents).forEach((target) => add(target.slice(1)))
  }
  app.pages.forEach(add)
  return components
}

function compileTemplates(components) {
  const group = new TmplGroup()
  const problems = []
  for (const [name, { usingComponents }] of Object.entries(components)) {
    const source = read(`${name}.wxml`)
    // An unclosed tag is only a warning to the compiler, so every message counts.
    for (const message of group.addTmpl(name, source) ?? []) problems.push(`${name}.wxml: ${JSON.stringify(message)}`)
    for (const [, tag] of source.matchAll(/<([a-z][\w-]*)/g)) {
      if (!TAGS.includes(tag) && !(tag in usingComponents)) problems.push(`${name}.wxml: this host has no <${tag}>`)
    }
  }
  if (problems.length) throw new Error(problems.join('\n'))
  return group.getTmplGenObjectGroups()
}

/** WXSS as CSS; a page's rules reach that page only. */
function styles(components) {
  const css = (name) => (has(name) ? read(name).replace(/(-?[\d.]+)rpx/g, (_, n) => `${n / 7.5}vw`) : '')
  const parts = [css('app.wxss')]
  for (const name of Object.keys(components)) {
    const own = css(`${name}.wxss`)
    if (own && !app.pages.includes(name)) throw new Error(`${name}.wxss: this host keeps no styles of components apart`)
    if (own) parts.push(`:where([data-page="${name}"]) {\n${own}\n}`)
  }
  // Nested rules become plain ones, which every browser knows, and weigh no more than in WeChat.
  return esbuild.transformSync(parts.join('\n'), { loader: 'css', target: ['chrome88', 'firefox78', 'safari14'] }).code
}

/** Wraps the modules, unpacks .wasm.br, copies the rest; returns the scripts' names. */
function code() {
  const scripts = []
  for (const entry of fs.readdirSync(compiled, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath ?? entry.path, entry.name)
    const name = path.relative(compiled, file).split(path.sep).join('/')
    if (!entry.isFile() || /\.(json|wxml|wxss)$/.test(name)) continue
    const body = fs.readFileSync(file)
    if (name.endsWith('.js')) {
      scripts.push(name)
      write(`code/${name}`, `miniprogram.define(${JSON.stringify(name)}, function (${[...PROVIDED, ...HIDDEN].join(', ')}) {${body}\n})\n`)
    } else {
      write(`code/${name}`, name.endsWith('.br') ? zlib.brotliDecompressSync(body) : body)
    }
  }
  return scripts
}

fs.rmSync(site, { recursive: true, force: true })
const components = collect()
const templates = compileTemplates(components)
const project = { app, appId, components, theme: app.themeLocation ? json(app.themeLocation) : {} }
const scripts = code().map((name) => `<script src="code/${name}"></script>`).join('\n')

write('project.css', styles(components))
write('project.js', `miniprogram.start({ project: ${JSON.stringify(project)}, templates: ${templates} })\n`)
write('phone.html', fs.readFileSync(path.join(here, 'phone/phone.html'), 'utf8').replace('<!-- code package -->', () => scripts))
// The tests' own stand-in for the promises of iOS 15, kept apart from the page's.
const polyfill = fs.readFileSync(path.join(here, '../../tests/package/polyfill.js'), 'utf8').trimEnd()
write('promise.js', `{\nconst globalThis = {};\n${polyfill}(setTimeout, reportError)\nwindow.macrotaskPromise = globalThis.Promise\n}\n`)
write('index.html', fs.readFileSync(path.join(here, 'shell/index.html')))
await esbuild.build({
  entryPoints: { phone: path.join(here, 'phone/main.js'), shell: path.join(here, 'shell/main.js') },
  outdir: site,
  bundle: true,
  format: 'iife',
  loader: { '.woff2': 'file' },
  assetNames: 'fonts/[name]',
  logLevel: 'warning',
})
