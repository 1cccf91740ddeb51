// Prints, as JSON, the functions of `wx` by their official types: all of them, those whose first
// argument is an options object with success, fail and complete, and those of the latter that give a
// task. What gives an object with such functions of its own (connectSocket) has no one end that a
// promise could wait for, and is left as it is.
// The types decide, never the names.
import { createRequire } from 'node:module'
import ts from 'typescript'

const typings = createRequire(import.meta.url).resolve('miniprogram-api-typings/index.d.ts')
const program = ts.createProgram([typings], { strict: true, target: ts.ScriptTarget.ES2020, lib: ['lib.es2020.d.ts'], types: [] })
const checker = program.getTypeChecker()
const [wx] = checker.getSymbolsInScope(program.getSourceFile(typings), ts.SymbolFlags.Variable).filter(s => s.name === 'wx')

const hasCallbacks = parameter => {
  if (!parameter) return false
  const options = checker.getApparentType(checker.getNonNullableType(checker.getTypeOfSymbol(parameter)))
  return ['success', 'fail', 'complete'].every(name => options.getProperty(name))
}

const takesCallbacks = type => type.getCallSignatures().some(s => hasCallbacks(s.parameters[0]))
/** What it gives, if that is neither nothing nor a promise. */
const given = signature => {
  const type = signature.getReturnType()
  const methods = type.getProperties()
  return methods.length > 0 && !type.getProperty('then') ? methods.map(method => checker.getTypeOfSymbol(method)) : undefined
}

const functions = []
const callbacks = []
const tasks = []
for (const member of checker.getTypeOfSymbol(wx).getProperties()) {
  const signatures = checker.getTypeOfSymbol(member).getCallSignatures()
  if (signatures.length === 0) continue
  functions.push(member.name)
  const called = signatures.filter(s => hasCallbacks(s.parameters[0]))
  const task = called.map(given).find(Boolean)
  if (called.length === 0 || task && task.some(takesCallbacks)) continue
  callbacks.push(member.name)
  if (task) tasks.push(member.name)
}
console.log(JSON.stringify({ functions, callbacks, tasks }))
