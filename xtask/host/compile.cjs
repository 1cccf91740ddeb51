// usage: node compile.cjs PROJECT OUT : what DevTools does on "build npm" and on upload,
// offline (miniprogram-ci).
const ci = require('miniprogram-ci')
const fs = require('fs')
const path = require('path')

const [root, out] = process.argv.slice(2).map((name) => path.resolve(name))
// The compiler makes directories with hash names where it stands.
fs.mkdirSync(out, { recursive: true })
process.chdir(out)
const config = JSON.parse(fs.readFileSync(path.join(root, 'project.config.json'), 'utf8'))
const miniprogram = path.join(root, config.miniprogramRoot)

async function main() {
  const packed = await ci.packNpmManually({
    packageJsonPath: path.join(miniprogram, 'package.json'),
    miniprogramNpmDistDir: miniprogram,
    ignores: [],
  })
  if (!packed.miniProgramPackNum) throw new Error('no npm package of package.json is made for mini programs')

  // `attr` and a placeholder key keep the compiler from asking WeChat's servers about the project.
  const project = new ci.Project({
    appid: 'wx0123456789abcdef', type: 'miniProgram', projectPath: root, privateKey: 'offline', ignores: ['node_modules/**/*'],
    attr: async () => ({ ...ci.DefaultProjectAttr, appType: 0, isSandbox: false, released: false, platform: false, gameApp: false }),
  })
  const result = await ci.getCompiledResult({ project, setting: config.setting, onProgressUpdate() {} }, path.join(out, 'package.zip'))
  for (const [name, body] of Object.entries(result)) {
    const file = path.join(out, 'files', name)
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, body)
  }
  console.log(`${Object.keys(result).length} files`)
}

// The compiler leaves workers behind: end the process when done.
main().then(() => process.exit(0), (error) => {
  console.error(error.code ?? '', error.message ?? error)
  process.exit(1)
})
