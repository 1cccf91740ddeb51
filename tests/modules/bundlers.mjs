// The bundlers that apps are built with, and what their builds do to the code after that.
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import babel from '@babel/core'
import commonjs from '@rollup/plugin-commonjs'
import resolve from '@rollup/plugin-node-resolve'
import { rolldown } from 'rolldown'
import { rollup } from 'rollup'
import { minify } from 'terser'
import webpack from 'webpack'

const { build: esbuild } = createRequire(path.resolve(import.meta.dirname, '../../xtask/package.json'))('esbuild')

/** Each makes one CommonJS file, unminified, of what `entry` imports. */
export const BUNDLERS = {
  async esbuild(entry) {
    const { outputFiles } = await esbuild({ entryPoints: [entry], bundle: true, write: false, format: 'cjs', platform: 'neutral', mainFields: ['module', 'main'], logLevel: 'error' })
    return outputFiles[0].text
  },

  async rollup(entry) {
    const onwarn = warning => { throw new Error(warning.message) }
    const bundle = await rollup({ input: entry, plugins: [resolve(), commonjs()], onwarn })
    return (await bundle.generate({ format: 'cjs', exports: 'named' })).output[0].code
  },

  async rolldown(entry) {
    const bundle = await rolldown({ input: entry, platform: 'neutral', resolve: { mainFields: ['module', 'main'] } })
    return (await bundle.generate({ format: 'cjs', exports: 'named' })).output[0].code
  },

  async webpack(entry) {
    const out = { path: path.dirname(entry), filename: path.basename(entry) + '.webpack.js', library: { type: 'commonjs2' }, globalObject: 'globalThis' }
    const options = { mode: 'production', target: ['web', 'es2017'], devtool: false, entry, output: out, optimization: { minimize: false } }
    const stats = await new Promise((done, fail) => webpack(options, (e, stats) => e ? fail(e) : done(stats)))
    if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString({ all: false, errors: true, warnings: true }))
    return fs.readFileSync(path.join(out.path, out.filename), 'utf8')
  },
}

/** As a production build for old phones leaves it: ES5, minified by the bundler and again on upload. */
export async function aged(code) {
  const presets = [['@babel/preset-env', { targets: { ie: 11 }, modules: false }]]
  const { code: es5 } = await babel.transformAsync(code, { presets, cwd: import.meta.dirname, configFile: false, babelrc: false, compact: false })
  const once = await minify(es5, { ecma: 5 })
  return (await minify(once.code, { ecma: 5, toplevel: true })).code
}
