export function createDecoder(): (buffer: ArrayBuffer) => string
