// miniprogram-login/bundler with the bundlers that the examples are built with: what it refuses, where it
// puts the module, and that it does so again in watch mode.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { after, test } from 'node:test'
import { Phone } from '../package/wx.mjs'
import { MiniProgram } from './miniprogram.mjs'

const BUILT = path.resolve(process.env.MINIPROGRAM_LOGIN_EXAMPLES || path.join(import.meta.dirname, '../../target/examples'))
const DEFAULT = 'miniprogram_npm/miniprogram-login/miniprogram_login.wasm.br'
const MODULE = fs.readFileSync(path.join(BUILT, 'native-js/node_modules/miniprogram-login/miniprogram_dist/miniprogram_login.wasm.br'))
const MAIN = `import { createWxp } from 'miniprogram-login'\nconsole.log(createWxp)\n`

/** A directory in an example, where its packages are found; its main.js, and what is installed there. */
function project(example, main = MAIN) {
  const root = path.join(BUILT, example)
  const require = createRequire(root + '/')
  const dir = fs.mkdtempSync(path.join(root, 'tried-'))
  after(() => fs.rmSync(dir, { recursive: true, force: true }))
  fs.writeFileSync(path.join(dir, 'main.js'), main)
  return { dir, require, helper: require('miniprogram-login/bundler'), main: path.join(dir, 'main.js'), out: path.join(dir, 'out') }
}

/** Each bundler: builds the project to `out`; rejects with what it says is wrong; `watch(end)` is called after each build. */
const BUNDLERS = {
  async vite({ require, helper, main, out, dir }, { options, watch } = {}) {
    const { build } = await import(path.join(path.dirname(require.resolve('vite/package.json')), 'dist/node/index.js'))
    const built = await build({
      configFile: false, root: dir, logLevel: 'silent', plugins: [helper.vite(options)],
      // Two outputs, and names with hashes.
      build: { outDir: out, minify: false, watch: watch && {}, rollupOptions: { input: main, output: ['es', 'cjs'].map(format => ({ format, dir: path.join(out, format), entryFileNames: '[hash].js', assetFileNames: '[hash][extname]' })) } },
    })
    if (!watch) return [path.join(out, 'es'), path.join(out, 'cjs')]
    return new Promise((resolve, reject) => built.on('event', ({ code, error }) => {
      const end = error => built.close().then(() => error ? reject(error) : resolve())
      if (code === 'ERROR') end(error)
      if (code === 'END') watch(end)
    }))
  },

  async webpack({ require, helper, main, out, dir }, { options, watch } = {}) {
    const config = { mode: 'none', context: dir, entry: main, output: { path: out, filename: '[contenthash].js', assetModuleFilename: '[hash]' }, plugins: [helper.webpack(options)] }
    return new Promise((resolve, reject) => {
      const end = error => compiler.close(() => error ? reject(error) : resolve([out]))
      const ended = (error, stats) => {
        if (error || stats.hasErrors()) end(error || new Error(stats.toString()))
        else if (watch) watch(end)
        else end()
      }
      const compiler = require('webpack')(config)
      if (watch) compiler.watch({}, ended)
      else compiler.run(ended)
    })
  },
}
const EXAMPLES = { vite: 'uni-app-vue3', webpack: 'taro-react' }

/** All the JavaScript in there. */
const code = dir => fs.readdirSync(dir).filter(name => name.endsWith('.js')).map(name => fs.readFileSync(path.join(dir, name), 'utf8')).join('\n')

for (const [name, bundle] of Object.entries(BUNDLERS)) {
  const make = main => project(EXAMPLES[name], main)

  test(`${name}: the module is in every output, under its own name, whole`, async () => {
    const outputs = await bundle(make())
    for (const out of outputs) {
      assert.deepEqual(fs.readFileSync(path.join(out, DEFAULT)), MODULE)
      assert.ok(code(out).includes(`'/${DEFAULT}'`) || code(out).includes(`"/${DEFAULT}"`))
    }
  })

  for (const subpackage of ['sub', '/packages/sub/', './sub']) {
    const home = `${subpackage.replace(/^\.?\//, '').replace(/\/$/, '')}/${DEFAULT}`
    for (const main of [MAIN, `console.log(require('miniprogram-login').createWxp)\n`]) {
      // Vite knows no require in sources.
      if (name === 'vite' && main !== MAIN) continue
      test(`${name}: in the subpackage ${subpackage}, and looked for there, by ${/import|require/.exec(main)}`, async () => {
        const [out] = await bundle(make(main), { options: { subpackage } })
        assert.deepEqual(fs.readFileSync(path.join(out, home)), MODULE)
        assert.ok(!fs.existsSync(path.join(out, DEFAULT)))
        assert.ok(code(out).includes(`"/${home}"`), 'the path in the code')
        assert.ok(!code(out).includes(`"/${DEFAULT}"`))
      })
    }
  }

  for (const main of [
    `import url from 'miniprogram-login/miniprogram_login.wasm.br?url'\nconsole.log(url)\n`,
    `import url from 'miniprogram-login/miniprogram_login.wasm.br?inline'\nconsole.log(url)\n`,
    `import url from 'miniprogram-login/miniprogram_dist/miniprogram_login.wasm.br'\nconsole.log(url)\n`,
    `import('miniprogram-login/miniprogram_login.wasm.br')\n`,
    ...name === 'webpack' ? [`console.log(new URL('miniprogram-login/miniprogram_login.wasm.br', import.meta.url))\n`] : [],
  ]) {
    test(`${name} refuses ${main.split('\n')[0]}`, async () => {
      await assert.rejects(bundle(make(main)), /can't be imported\. WeChat loads the module by its path .* Remove the import, and the option wasmPath with it/)
    })
  }

  test(`${name} refuses code of another version than the helper's`, async () => {
    const it = make(`import { createWxp } from './node_modules/miniprogram-login/esm/index.js'\nconsole.log(createWxp)\n`)
    const other = path.join(it.dir, 'node_modules/miniprogram-login')
    fs.cpSync(path.join(BUILT, EXAMPLES[name], 'node_modules/miniprogram-login'), other, { recursive: true })
    const manifest = JSON.parse(fs.readFileSync(path.join(other, 'package.json'), 'utf8'))
    const write = version => fs.writeFileSync(path.join(other, 'package.json'), JSON.stringify({ ...manifest, version }))
    await bundle(it)
    write('0.0.9')
    await assert.rejects(bundle(it), /miniprogram-login\/bundler is of version \S+, and the code in .* of 0\.0\.9: install one version for both/)
  })

  test(`${name}: a project that has the package's name is not the package`, async () => {
    const it = make(`import { createWxp } from 'miniprogram-login'\nimport './miniprogram-login/esm/own.js'\nconsole.log(createWxp)\n`)
    const own = path.join(it.dir, 'miniprogram-login/esm')
    fs.mkdirSync(own, { recursive: true })
    fs.writeFileSync(path.join(own, 'own.js'), 'console.log(1)\n')
    fs.writeFileSync(path.join(it.dir, 'miniprogram-login/package.json'), JSON.stringify({ name: 'an-app', version: '9.9.9' }))
    await bundle(it)
  })

  test(`${name} in watch mode: what was deleted is there again after the next build`, async () => {
    const it = make()
    const files = []
    for (const dir of name === 'vite' ? ['out/es', 'out/cjs'] : ['out']) files.push(path.join(it.dir, dir, DEFAULT))
    let builds = 0, timer
    await bundle(it, {
      watch(end) {
        builds++
        const wrong = files.find(file => !fs.existsSync(file) || !fs.readFileSync(file).equals(MODULE))
        if (wrong || builds === 2) return end(wrong && new Error(`${wrong} after build ${builds}`))
        fs.rmSync(it.out, { recursive: true })
        // Unless the bundler builds once more by itself, as files are as young as these.
        timer = setTimeout(() => fs.writeFileSync(it.main, MAIN + 'console.log(1)\n'), 300)
      },
    })
    clearTimeout(timer)
    assert.equal(builds, 2)
  })

  test(`${name}: a build for another platform has nothing of it`, async () => {
    process.env.TARO_ENV = 'h5'
    try {
      const [out] = await bundle(make())
      assert.ok(!fs.existsSync(path.join(out, DEFAULT)))
    } finally {
      delete process.env.TARO_ENV
    }
  })
}

test('a wrong option is a TypeError that names it', () => {
  const { helper } = project('taro-react')
  for (const make of [helper.vite, helper.webpack]) {
    assert.throws(() => make({ subPackage: 'sub' }), /^TypeError: miniprogram-login\/bundler: there is no option subPackage/)
    assert.throws(() => make({ subpackage: ['sub'] }), /^TypeError: .* option subpackage should be a string/)
  }
})

test("Taro's plugin is both, with its options", () => {
  const { helper } = project('taro-react')
  const taken = {}
  const ctx = {
    modifyWebpackChain: run => run({ chain: { plugin: name => ({ use: plugin => { taken[name] = plugin } }) } }),
    modifyViteConfig: run => run({ viteConfig: { plugins: taken.vite = [] } }),
  }
  helper(ctx, { subpackage: 'sub' })
  assert.equal(typeof taken['miniprogram-login'].apply, 'function')
  let emitted
  taken.vite[0].generateBundle.call({ emitFile: file => { emitted = file } })
  assert.equal(emitted.fileName, 'sub/' + DEFAULT)

  // Taro 3.
  delete ctx.modifyViteConfig
  helper(ctx, {})
})

test('webpack 4 is told that it is too old', () => {
  assert.throws(() => project('taro-react').helper.webpack().apply({ options: { module: { rules: [] } } }), /webpack 5 is needed/)
})

test('import gives what require gives', async () => {
  const { require, helper } = project('taro-react')
  const given = await import(require.resolve('miniprogram-login/bundler'))
  assert.deepEqual([given.default, given.vite, given.webpack], [helper, helper.vite, helper.webpack])
  assert.equal(helper.default, helper)
})

test('Rollup alone', async () => {
  const { dir, require, helper, main, out } = project('uni-app-vue3', MAIN.replace("'miniprogram-login'", "'../node_modules/miniprogram-login/esm/index.js'"))
  const { rollup } = require('rollup')
  const bundle = await rollup({ input: main, plugins: [helper.vite()] })
  await bundle.write({ dir: out, format: 'cjs' })
  await bundle.close()
  assert.deepEqual(fs.readFileSync(path.join(dir, 'out', DEFAULT)), MODULE)
})

test('webpack alone, as docs/en/frameworks.md has it: what it builds logs in', async () => {
  const { dir, require } = project('taro-react')
  fs.copyFileSync(path.join(import.meta.dirname, 'plain/webpack.config.js'), path.join(dir, 'webpack.config.js'))
  const wxp = fs.readFileSync(path.join(BUILT, 'taro-react/src/wxp.ts'), 'utf8')
  fs.writeFileSync(path.join(dir, 'app.js'), wxp + '\nApp({ wxp })\n')
  const stats = await new Promise((resolve, reject) => require('webpack')({ context: dir, ...require(path.join(dir, 'webpack.config.js')) }, (error, stats) => error ? reject(error) : resolve(stats)))
  assert.ok(!stats.hasErrors(), stats.toString())
  const page = 'pages/index/index'
  fs.cpSync(path.join(BUILT, 'unit-test', page + '.js'), path.join(dir, 'dist', page + '.js'))

  const phone = new Phone()
  const opened = new MiniProgram(phone, path.join(dir, 'dist')).open(page)
  await phone.clock.advance(20_000)
  assert.equal(opened.data.text, 'eva')
})
