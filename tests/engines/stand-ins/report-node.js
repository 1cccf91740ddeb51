// As report.js, in a Node.js that is older than node:test.
export const { env } = process
export const print = text => process.stdout.write(text + '\n')
export const macrotask = setImmediate
if (typeof structuredClone === 'undefined') require('core-js/actual/structured-clone')
