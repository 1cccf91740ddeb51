// Prints, as JSON, the functions of `wx` by their official types: all of them, and those whose
// first argument is an options object with success, fail and complete.
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

const functions = []
const callbacks = []
for (const member of checker.getTypeOfSymbol(wx).getProperties()) {
  const signatures = checker.getTypeOfSymbol(member).getCallSignatures()
  if (signatures.length === 0) continue
  functions.push(member.name)
  if (signatures.some(s => hasCallbacks(s.parameters[0]))) callbacks.push(member.name)
}
console.log(JSON.stringify({ functions, callbacks }))
