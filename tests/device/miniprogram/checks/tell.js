// Values as text, for a person to compare.

/** The shape of a value: its type, and that of what it holds. */
function shape(value, depth) {
  if (value === null || typeof value !== 'object') return typeof value === 'function' ? 'function' : `${typeof value} ${JSON.stringify(value)}`
  const kind = Object.prototype.toString.call(value).slice(8, -1)
  const keys = Object.keys(value)
  if (!depth || keys.length > 8) return `${kind} of ${keys.length}`
  return `${kind} {${keys.map(key => `${key}: ${shape(value[key], depth - 1)}`).join(', ')}}`
}

/** What was thrown or rejected with. Errors of wx may be of another realm. */
function problem(e) {
  const text = e && e.message ? `${e.name}: ${e.message}` : shape(e, 2)
  return text.slice(0, 600)
}

module.exports = { shape, problem }
