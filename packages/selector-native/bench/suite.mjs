/** The native selector's backends. */
import streamIo from './scenarios/stream-io.mjs'

/** @type {import('@loop/bench-kit').Suite} */
export default { name: 'selector-native', title: 'Native selector', scenarios: [streamIo] }
