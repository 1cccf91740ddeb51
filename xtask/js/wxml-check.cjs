// usage: node wxml-check.cjs MINIPROGRAM_ROOT : WeChat's own WXML and WXSS compilers over every
// page; their messages fail.
const { execFileSync, spawnSync } = require('child_process')
const fs = require('fs')
const path = require('path')

const root = path.resolve(process.argv[2])
const bin = path.join(path.dirname(require.resolve('miniprogram-compiler/package.json')), 'bin/linux')
const files = fs.readdirSync(root, { recursive: true }).filter((name) => !/(^|\/)(node_modules|miniprogram_npm)\//.test(name))

let failed = false
for (const [extension, compiler, args] of [['.wxml', 'wcc', ['-d']], ['.wxss', 'wcsc', ['-lc', '-js']]]) {
  const program = path.join(bin, compiler)
  fs.chmodSync(program, 0o755) // the npm package loses the bit
  const sources = files.filter((name) => name.endsWith(extension))
  const { status, stdout, stderr, error } = spawnSync(program, [...args, ...sources], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 })
  // wcsc ends with 0 whatever it found.
  const bad = error || status !== 0 || /ERR/.test(stderr)
  console.log(`${extension.slice(1)}: ${sources.length} files, ${bad ? 'FAILED' : 'ok'}`)
  if (bad) console.error(error ? error.message : stderr || stdout.slice(0, 2000))
  if (bad || sources.length === 0) failed = true
}
process.exit(failed ? 1 : 0)
