// usage: node compile.cjs PROJECT OUT [SETTING] : what DevTools does on "build npm" and on upload, of a
// mini program or a plugin, offline (miniprogram-ci). With SETTING (JSON, in place of the project's own), npm is built already.
// node compile.cjs PROJECT --quality : what its check of the code finds.
const ci = require('miniprogram-ci')
const fs = require('fs')
const path = require('path')

const quality = process.argv[3] === '--quality'
const root = path.resolve(process.argv[2])
const out = path.resolve(quality ? path.join(root, 'quality') : process.argv[3])
const setting = process.argv[4]
// The compiler makes directories with hash names where it stands.
fs.mkdirSync(out, { recursive: true })
process.chdir(out)
const config = JSON.parse(fs.readFileSync(path.join(root, 'project.config.json'), 'utf8'))
const miniprogram = path.join(root, config.miniprogramRoot)

async function buildNpm() {
  const beside = { packageJsonPath: path.join(miniprogram, 'package.json'), miniprogramNpmDistDir: miniprogram }
  const { packNpmManually, packNpmRelationList } = config.setting
  for (const { packageJsonPath, miniprogramNpmDistDir } of packNpmManually ? packNpmRelationList : [beside]) {
    const packed = await ci.packNpmManually({
      packageJsonPath: path.resolve(root, packageJsonPath),
      miniprogramNpmDistDir: path.resolve(root, miniprogramNpmDistDir),
      ignores: [],
    })
    if (!packed.miniProgramPackNum) throw new Error('no npm package of package.json is made for mini programs')
  }
}

async function main() {
  if (!setting && !quality) await buildNpm()
  // `attr` and a placeholder key keep the compiler from asking WeChat's servers about the project.
  const project = new ci.Project({
    appid: 'wx0123456789abcdef', type: config.compileType === 'plugin' ? 'miniProgramPlugin' : 'miniProgram', projectPath: root, privateKey: 'offline', ignores: ['node_modules/**/*', 'package.json'],
    attr: async () => ({ ...ci.DefaultProjectAttr, appType: 0, isSandbox: false, released: false, platform: false, gameApp: false }),
  })
  if (quality) {
    // What npm needs lies in the folder, and is not uploaded: it is among the project's packOptions.
    const npm = (file) => file === 'package.json' || file.startsWith('node_modules/')
    const found = (await ci.checkCodeQuality(project)).filter(({ success }) => !success)
    const bad = found.filter(({ name, detail }) => name !== 'CONTAINS_UNUSED_CODES' || !detail.every(npm))
    if (bad.length) throw new Error(bad.map(({ name, text, detail }) => `${name}: ${text} ${JSON.stringify(detail)}`).join('\n'))
    return
  }
  const result = await ci.getCompiledResult({ project, setting: setting ? JSON.parse(setting) : config.setting, onProgressUpdate() {} }, path.join(out, 'package.zip'))
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
