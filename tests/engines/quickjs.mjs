// A shell around QuickJS: runs a bundle with what stand-ins/shell.js expects.
// usage: node quickjs.mjs <bundle> <environment as JSON>
import fs from 'node:fs'
import { getQuickJS } from 'quickjs-emscripten'

const [bundle, env] = process.argv.slice(2)
const vm = (await getQuickJS()).newContext()
const macrotasks = []

const bytes = file => {
  const { buffer, byteOffset, byteLength } = fs.readFileSync(file)
  return vm.newArrayBuffer(buffer.slice(byteOffset, byteOffset + byteLength))
}
const functions = {
  print: text => { process.stdout.write(vm.getString(text) + '\n') },
  readText: file => vm.newString(fs.readFileSync(vm.getString(file), 'utf8')),
  readBytes: file => bytes(vm.getString(file)),
  macrotask: run => { macrotasks.push(run.dup()) },
}
const host = vm.newObject()
for (const [name, own] of Object.entries(functions)) vm.setProp(host, name, vm.newFunction(name, (...args) => own(...args)))
vm.setProp(host, 'env', vm.newString(env))
vm.setProp(vm.global, 'host', host)

/** What the jobs do until none is left. */
function settle(result) {
  vm.unwrapResult(result).dispose()
  for (let more = true; more;) {
    const ran = vm.runtime.executePendingJobs()
    if (ran.error) vm.unwrapResult(ran)
    more = ran.value > 0
  }
}

settle(vm.evalCode('host.names = Object.getOwnPropertyNames(globalThis)'))
settle(vm.evalCode(fs.readFileSync(bundle, 'utf8'), bundle))
for (let run; (run = macrotasks.shift());) settle(vm.callFunction(run, vm.undefined))
process.exit()
