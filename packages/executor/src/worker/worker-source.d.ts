/** A module bundled into the text of a script; `worker-source.mjs` of this package makes it. */
declare module '*?worker-source' {
  const source: string
  export default source
}
