// How many bytes lol_alloc's FreeListAllocator holds free, read from the module's memory: a chain
// of nodes {next, size}, by falling address, never adjacent, ending in -1. The module says nowhere
// where it begins, but no other words look like it: the chain that adds up to the
// most is the whole list.

const END = 0xffffffff

exports.freeBytes = buffer => {
  const words = new Uint32Array(buffer)
  let most = 0
  for (let at = 0; at < words.length; at++) most = Math.max(most, chain(words, words[at]))
  if (most === 0) throw new Error("lol_alloc's list of free blocks was not found in the module's memory: has the allocator changed?")
  return most
}

function chain(words, first) {
  let sum = 0
  let above = words.length * 4 + 1
  for (let node = first; node !== END;) {
    if (node % 8 !== 0 || node === 0 || node >= above) return 0
    const next = words[node / 4]
    const size = words[node / 4 + 1]
    if (size === 0 || size % 8 !== 0 || node + size >= above) return 0
    sum += size
    above = node
    node = next
  }
  return sum
}
