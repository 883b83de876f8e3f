/** @type {import('./generate.mjs').Vocabulary} */
export const syncVocabulary = { prepare() {}, anywhere: {}, suspending: {} }
