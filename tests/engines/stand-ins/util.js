// node:util's inspect, for texts in which nothing may be missing: own properties of every kind, and
// what maps and sets hold.
export function inspect(value, { depth = 2, showHidden = false } = {}, seen = []) {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'symbol') return String(value)
  if (Object(value) !== value) return String(value)
  if (seen.includes(value)) return '[Circular]'
  const inside = [...seen, value]
  if (inside.length > depth + 1) return '[Object]'
  const show = inner => inspect(inner, { depth, showHidden }, inside)
  const parts = []
  if (value instanceof Error) parts.push(String(value.stack))
  if (value instanceof Map || value instanceof Set) for (const entry of value) parts.push(show(entry))
  for (const key of Reflect.ownKeys(value)) {
    const own = Reflect.getOwnPropertyDescriptor(value, key)
    if (own && (showHidden || own.enumerable)) parts.push(`${String(key)}: ${'value' in own ? show(own.value) : '[Getter]'}`)
  }
  return `${typeof value === 'function' ? `[Function ${value.name}] ` : ''}{ ${parts.join(', ')} }`
}
