/** Bytes of a message that are shown. */
const SHOWN = 60

/** Bytes as people read them: text where it is text. */
export function preview(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, SHOWN))
  const text = shown.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127))
    ? JSON.stringify(shown.toString('latin1'))
    : shown.subarray(0, SHOWN / 3).toString('hex')
  return bytes.length <= SHOWN ? text : `${text}… ${bytes.length} bytes`
}
