// run.mjs unpacks the module before the run.
export default { brotliDecompressSync: bytes => bytes }
