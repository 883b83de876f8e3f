/** @type {Record<string, import('./print-python.mjs').Printer>} */
export const syncPython = {}
/** @type {Record<string, import('./print-javascript.mjs').Printer>} */
export const syncJavaScript = {}
