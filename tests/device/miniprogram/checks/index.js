// The items of the device checklist, by its numbers. An item is {item, name, state, raw}; its state
// is 'yes', 'no', or 'look' where a person must.
const { problem } = require('./tell.js')
const { refusals } = require('./refusals.js')

const MODULE = '/miniprogram_npm/miniprogram-login/miniprogram_login.wasm.br'
const state = ok => ok ? 'yes' : 'no'

/** The phone, in a line. */
function phone() {
  const of = name => { try { return wx[name]() } catch (e) { return {} } }
  const { model, system, platform } = wx.getDeviceInfo ? of('getDeviceInfo') : of('getSystemInfoSync')
  const { SDKVersion, version } = wx.getAppBaseInfo ? of('getAppBaseInfo') : of('getSystemInfoSync')
  return `${model}, ${system}, ${platform}, WeChat ${version}, base library ${SDKVersion}, ${envVersion()}`
}

const envVersion = () => { try { return wx.getAccountInfoSync().miniProgram.envVersion } catch (e) { return 'unknown' } }

function engine() {
  const here = [
    ['queueMicrotask', typeof queueMicrotask], ['FinalizationRegistry', typeof FinalizationRegistry], ['WeakRef', typeof WeakRef],
    ['TextDecoder', typeof TextDecoder], ['BigInt', typeof BigInt], ['Proxy', typeof Proxy], ['WXWebAssembly', typeof WXWebAssembly],
  ]
  return here.map(([name, type]) => `${name} ${type}`).join(', ')
}

/** Whether the module's file is in the package as the phone has it. */
function inPackage(root) {
  const state = root.ok ? 'yes' : 'look'
  if (!wx.getFileSystemManager) return { state, raw: 'no getFileSystemManager' }
  try {
    return { state: 'yes', raw: `${wx.getFileSystemManager().readFileSync(MODULE).byteLength} bytes` }
  } catch (e) {
    return { state: root.ok ? 'yes' : 'no', raw: problem(e) }
  }
}

function missingKey() {
  try {
    const value = wx.getStorageSync('miniprogram-login-no-such-key')
    return { ok: value === '', raw: `${typeof value} ${JSON.stringify(value)}` }
  } catch (e) {
    return { ok: false, raw: `throws ${problem(e)}` }
  }
}

const told = seen => JSON.stringify({ ready: seen.ready, loadMs: seen.loadMs, problem: seen.problem })

/** `root`, `sub`: what each Load saw; `consent`: how loginWithProfile in a tap ended; `sizes`: of the main package, KB. */
async function checklist({ root, sub, consent, sizes }) {
  const refused = await refusals()
  const missing = missingKey()
  const { before, during } = root.memory || {}
  const file = inPackage(root)
  // The filter for unused files is at work on an upload.
  if (['develop', 'unknown'].includes(envVersion())) Object.assign(file, { state: 'look', raw: `${file.raw}; this is no uploaded version: upload it, and run the trial version (miniprogram-ci keeps the file)` })
  const items = [
    ['1', '主包加载 loads from the root', state(root.ok), told(root)],
    ['1', '分包加载 loads from a subpackage', state(sub.ok), told(sub)],
    ['1', '插件加载 loads from a plugin', 'look', 'not tried here: needs an AppID of a plugin'],
    ['2', 'instantiate 的结果 what instantiate gives', state(root.result), root.result || 'nothing'],
    ['2', 'instantiate 的拒绝 how it refuses', state(refused.ok), refused.raw],
    ['3', '内存增长 memory grows', state(during > before), `${before} → ${during} bytes`],
    ['4', '引擎能力 what the engine has (none is needed)', 'yes', engine()],
    ['5', '上传后仍有 .wasm.br the upload keeps it', file.state, file.raw],
    ['6', '.wasm.br 按压缩后计 it counts compressed', 'look', `DevTools → 详情 → 本地代码 shows about ${sizes.compressed} KB if it does, ${sizes.unpacked} KB if not`],
    ['7', '点击态 the tap of loginWithProfile', state(consent.tapped), consent.raw],
    ['8', '不存在的键 a missing storage key', state(missing.ok), missing.raw],
  ]
  return items.map(([item, name, state, raw]) => ({ item, name, state, raw }))
}

const MARKS = { yes: '✓', no: '✗', look: '?' }

/** To be copied into an issue. */
function report(items, version) {
  return [`miniprogram-login ${version}: ${phone()}`, ...items.map(({ item, name, state, raw }) => `${MARKS[state]} ${item} ${name}: ${raw}`)].join('\n')
}

module.exports = { checklist, report }
